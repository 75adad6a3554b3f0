#include "ingress/hosting.h"

#include <algorithm>
#include <utility>

namespace manta::ingress {

Hosting::Hosting(Loop& loop, StartHosted start, RetiredHosts& retired)
    : loop_(loop), start_(std::move(start)), retired_(retired) {}

Hosting::~Hosting() {
  loop_.cancel(retry_timer_);
  loop_.cancel(wait_timer_);
}

void Hosting::update(const spec::ReplicaSet& set, const std::shared_ptr<const spec::RoutingSnapshot>& snapshot) {
  snapshot_ = snapshot;
  for (HostedDeployment* const host : {current_.get(), next_.get()})
    if (host) host->update(snapshot);
  if (wanted_.hosted == set.hosted) return;
  wanted_ = set;
  failure_.clear();
  retry_pause_ = kFirstRetry;
  begin();
}

void Hosting::begin() {
  loop_.cancel(std::exchange(retry_timer_, 0));
  retired_.add(std::exchange(next_, nullptr));
  if (current_ && served_ == wanted_.hosted) return;
  const auto look = [this, alive = std::weak_ptr(alive_)] {
    if (alive.lock()) state_changed();
  };
  if (start_) next_ = start_(wanted_, [&loop = loop_, look] { loop.post(look); });  // not from inside a callback of it
  if (!next_) return start_failed("this proxy runs no deployments");
  next_->update(snapshot_);
}

void Hosting::state_changed() {
  if (!next_) return;
  if (next_->state() == HostedDeployment::State::Running) return serve();
  if (next_->state() == HostedDeployment::State::Failed) start_failed(next_->message());
}

void Hosting::serve() {
  retired_.add(std::exchange(current_, std::exchange(next_, nullptr)));
  served_ = wanted_.hosted;
  failure_.clear();
  retry_pause_ = kFirstRetry;
  for (const Waiting& waiting : std::exchange(waiting_, {}))
    current_->handle(waiting.request, waiting.request->context());
}

void Hosting::start_failed(const std::string& message) {
  failure_ = message;
  retired_.add(std::exchange(next_, nullptr));
  retry_timer_ = loop_.after(retry_pause_, [this] {
    retry_timer_ = 0;
    begin();
  });
  retry_pause_ = std::min(retry_pause_ * 2, kLastRetry);
  if (!current_) fail_waiting(not_startable());
}

Error Hosting::not_startable() const {
  return {.code = ErrorCode::Unavailable, .message = who() + " cannot start in the proxy: " + failure_};
}

void Hosting::send(std::shared_ptr<HostedExchange> request) {
  if (current_) return current_->handle(request, request->context());
  if (!failure_.empty()) return request->fail(not_startable());
  wait(std::move(request));
}

void Hosting::wait(std::shared_ptr<HostedExchange> request) {
  if (waiting_.size() >= kMostWaiting)
    return request->fail({.code = ErrorCode::Overloaded,
                          .message = who() + ": " + std::to_string(kMostWaiting) + " requests wait for its start"});
  waiting_.push_back({request, std::min(request->context()->deadline, loop_.now() + kLongestWait)});
  arm_timer();
}

void Hosting::arm_timer() {
  loop_.cancel(std::exchange(wait_timer_, 0));
  if (waiting_.empty()) return;
  const TimePoint first = std::ranges::min(waiting_, {}, &Waiting::until).until;
  wait_timer_ = loop_.at(first, [this] {
    wait_timer_ = 0;
    give_up_late();
  });
}

void Hosting::give_up_late() {
  const TimePoint now = loop_.now();
  std::vector<Waiting> late;
  for (Waiting& waiting : waiting_)
    if (waiting.until <= now) late.push_back(std::move(waiting));
  std::erase_if(waiting_, [](const Waiting& waiting) { return waiting.request == nullptr; });
  arm_timer();
  for (const Waiting& waiting : late) {
    const bool too_late = waiting.request->context()->deadline <= now;
    waiting.request->fail({.code = too_late ? ErrorCode::DeadlineExceeded : ErrorCode::Unavailable,
                           .message = who() + " has not started in the proxy within the time for the request"});
  }
}

void Hosting::fail_waiting(const Error& error) {
  for (const Waiting& waiting : std::exchange(waiting_, {})) waiting.request->fail(error);
}

void Hosting::retire() {
  fail_waiting({.code = ErrorCode::Unavailable, .message = who() + " runs in the proxy no longer"});
  retired_.add(std::exchange(next_, nullptr));
  retired_.add(std::exchange(current_, nullptr));
}

}  // namespace manta::ingress
