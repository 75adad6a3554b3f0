#include "routing/circuit_breaker.h"

#include <algorithm>

#include "base/of_seconds.h"

namespace manta::routing {
Outcome outcome_of(int status, std::string_view error) {
  if (error == "DeadlineExceeded") return Outcome::Failure;
  if (status == 503 || status == 429) return Outcome::Neutral;
  return status >= 500 ? Outcome::Failure : Outcome::Success;
}

bool CircuitBreaker::note(Outcome outcome, TimePoint now, const CircuitBreakerConfig& config) {
  if (outcome != Outcome::Failure || config.failure_threshold <= 0) return false;
  const auto threshold = static_cast<std::size_t>(config.failure_threshold);
  if (failures_.size() > threshold) failures_.clear();  // it has been lowered
  if (failures_.size() < threshold) {
    std::ranges::rotate(failures_, failures_.begin() + static_cast<std::ptrdiff_t>(oldest_ % (failures_.size() + 1)));
    oldest_ = 0;
    failures_.push_back(now);
  } else {
    failures_[oldest_] = now;
    oldest_ = (oldest_ + 1) % threshold;
  }
  return failures_.size() == threshold && now - failures_[oldest_] < of_seconds(config.window_s);
}

void CircuitBreaker::open(TimePoint now) {
  state_ = State::Open;
  opened_at_ = now;
  running_ = 0;
}

void CircuitBreaker::half_open() {
  state_ = State::HalfOpen;
  successes_ = 0;
  running_ = 0;
}

void CircuitBreaker::close() {
  state_ = State::Closed;
  failures_.clear();
  oldest_ = 0;
  running_ = 0;
}

CircuitBreaker::Probe CircuitBreaker::begin_probe() {
  if (++last_probe_ == 0) ++last_probe_;
  return running_ = last_probe_;
}

void CircuitBreaker::end_probe(Probe probe, Outcome outcome, TimePoint now, const CircuitBreakerConfig& config) {
  if (state_ != State::HalfOpen || probe != running_) return;
  running_ = 0;
  if (outcome == Outcome::Failure) return open(now);
  if (outcome == Outcome::Success && ++successes_ >= config.success_threshold) close();
}

bool may_open(std::size_t open, std::size_t replicas, double max_open_percent) {
  return static_cast<double>(open + 1) * 100 <= static_cast<double>(replicas) * max_open_percent;
}

}  // namespace manta::routing
