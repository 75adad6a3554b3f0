#include "replica/stats_recorder.h"

#include <algorithm>
#include <utility>

#include "replica/error_response.h"

namespace manta::replica {

void StatsRecorder::start(Ask ask, Terms terms) {
  stop();
  ask_ = std::move(ask);
  terms_ = terms;
  this->ask();
}

void StatsRecorder::set_terms(Terms terms) {
  if (!ask_ || (terms.period == terms_.period && terms.timeout == terms_.timeout)) return;
  next_ += terms.period - terms_.period;
  terms_ = terms;
  if (timer_ == 0) return;
  loop_.cancel(timer_);
  timer_ = loop_.at(std::max(loop_.now(), next_), [this] { this->ask(); });
}

void StatsRecorder::stop() {
  loop_.cancel(std::exchange(timer_, 0));
  loop_.cancel(std::exchange(timeout_, 0));
  scope_.cancel_all();
  ask_ = nullptr;
}

void StatsRecorder::ask() {
  timer_ = 0;
  next_ = loop_.now() + terms_.period;
  timeout_ = loop_.after(terms_.timeout, [this] {
    timeout_ = 0;
    scope_.cancel(running_);
    ended(fail(ErrorCode::DeadlineExceeded, "it did not return in time"));
  });
  const detail::ScopedRequest nobody(events_.nobody);
  running_ = scope_.spawn(wait_for(ask_(), loop_.now()));
}

Task<void> StatsRecorder::wait_for(Task<Result<Stats>> answer, TimePoint asked_at) {
  Result<Stats> stats;
  try {
    stats = co_await answer;
  } catch (...) {
    stats = std::unexpected(error_of(std::current_exception()));
  }
  if (events_.on_answer) events_.on_answer(loop_.now() - asked_at);
  loop_.cancel(std::exchange(timeout_, 0));
  ended(std::move(stats));
}

void StatsRecorder::ended(Result<Stats> stats) {
  timer_ = loop_.at(std::max(loop_.now(), next_), [this] { ask(); });
  if (stats)
    events_.on_stats(std::move(*stats));
  else
    events_.on_failure(stats.error());
}

}  // namespace manta::replica
