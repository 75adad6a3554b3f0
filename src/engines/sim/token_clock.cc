#include "engines/sim/token_clock.h"

#include <chrono>
#include <utility>

namespace manta::engines::sim {

TokenClock::TokenClock(const TokenClockOptions& options)
    : inbox_(options.max_waiting), schedule_(options), thread_([this] { run(); }) {}

TokenClock::~TokenClock() {
  inbox_.close();
  thread_.join();
}

void TokenClock::run() {
  for (;;) {
    Inbox::Mail mail = inbox_.wait(schedule_.next_due());
    const bool closed = mail.closed;
    read_mail(std::move(mail));
    if (closed) break;
    schedule_.emit_due(std::chrono::steady_clock::now());
    inbox_.left_queue(schedule_.admit(std::chrono::steady_clock::now()));
  }
  schedule_.cancel_all();
}

void TokenClock::read_mail(Inbox::Mail mail) {
  for (PendingGeneration& request : mail.requests) schedule_.add(std::move(request));
  for (const LlmEngine::Id id : mail.cancelled)
    if (schedule_.cancel(id)) inbox_.left_queue(1);
}

LlmEngine::Load TokenClock::load() const {
  LlmEngine::Load load = schedule_.load();
  load.waiting = inbox_.waiting();
  return load;
}

}  // namespace manta::engines::sim
