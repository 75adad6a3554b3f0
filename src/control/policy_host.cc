#include "control/policy_host.h"

#include <utility>

#include <fmt/format.h>

#include <manta/detail/json.h>

#include "control/restart_backoff.h"

namespace manta::control {
namespace {

// From a lost connection until it is known how the process has ended.
constexpr Duration kWaitForExit = std::chrono::seconds(1);

}  // namespace

PolicyHost::PolicyHost(Loop& loop, Logger& logger, StartPolicyProcess start, PolicyHostSpec spec)
    : loop_(loop), logger_(logger), start_(std::move(start)), spec_(std::move(spec)), tasks_(loop) {}

PolicyHost::~PolicyHost() {
  disarm();
  loop_.cancel(resume_);
}

void PolicyHost::disarm() {
  loop_.cancel(std::exchange(limit_, 0));
  loop_.cancel(std::exchange(ended_, 0));
}

void PolicyHost::ask(Make make, Done done) {
  waiting_.push_back({std::move(make), std::move(done)});
  if (!busy_ && resume_ == 0)
    resume_ = loop_.after(Duration::zero(), [this] {
      resume_ = 0;
      next();
    });
}

void PolicyHost::next() {
  if (busy_ || waiting_.empty() || resume_ != 0) return;
  const TimePoint may_start = last_loss_ + restart_delay(failures_);
  if (!process_ && loop_.now() < may_start) {
    resume_ = loop_.at(may_start, [this] {
      resume_ = 0;
      next();
    });
    return;
  }
  busy_ = true;
  if (process_ || start()) send();
}

bool PolicyHost::start() {
  answered_ = false;
  if (!start_) {
    lost("there is nothing here that could run it");
    return false;
  }
  auto started = start_(spec_, [this](std::string why) {
    ended_ = loop_.after(Duration::zero(), [this, why = std::move(why)] { lost(why); });
  });
  if (started) {
    process_ = std::move(*started);
    return true;
  }
  lost("its process cannot be started: " + started.error().message);
  return false;
}

void PolicyHost::send() {
  limit_ = loop_.after(kTimeLimit, [this] {
    lost(fmt::format("took longer than {:g} s", std::chrono::duration<double>(kTimeLimit).count()));
  });
  auto question = detail::to_json(waiting_.front().make());
  if (!question) return finish(std::unexpected(std::move(question.error())));
  tasks_.spawn(converse(std::move(*question)));
}

Task<void> PolicyHost::converse(std::string question) {
  auto answer = co_await process_->ask(std::move(question));
  if (answer) {
    answered_ = true;
    failures_ = 0;
    finish(std::move(answer));
    co_return;
  }
  loop_.cancel(std::exchange(limit_, 0));
  limit_ = loop_.after(kWaitForExit, [this, why = answer.error().message] { lost("cannot be asked: " + why); });
}

// The process has ended, or is ended now.
void PolicyHost::lost(const std::string& why) {
  disarm();
  tasks_.cancel_all();
  process_.reset();
  ++failures_;
  last_loss_ = loop_.now();
  logger_.warn("policy host lost", {{"application", spec_.application}, {"reason", why}});
  const Error error{.code = ErrorCode::AppError, .message = why};
  if (!busy_) return next();
  // One that cannot even start is nobody's fault in particular.
  std::deque<Waiting> others;
  if (!answered_ && failures_ > 1) std::swap(others, waiting_);
  if (!others.empty()) {
    waiting_.push_back(std::move(others.front()));
    others.pop_front();
  }
  finish(std::unexpected(error));
  for (const Waiting& other : others) other.done(std::unexpected(error));
}

void PolicyHost::finish(Result<spec::PolicyAnswer> answer) {
  loop_.cancel(std::exchange(limit_, 0));
  const Done done = std::move(waiting_.front().done);
  waiting_.pop_front();
  busy_ = false;
  if (!waiting_.empty() && resume_ == 0)
    resume_ = loop_.after(Duration::zero(), [this] {
      resume_ = 0;
      next();
    });
  done(std::move(answer));
}

}  // namespace manta::control
