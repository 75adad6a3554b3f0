#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include <manta/routing_config.h>

#include "base/clock.h"

namespace manta::routing {

// What a request's end says about the replica that it was sent to. Neutral: nothing, as it was refused, cancelled or
// the replica was only busy.
enum class Outcome { Success, Failure, Neutral };

// Of an answer that came whole. `error` is x-manta-error, empty for an answer of the application itself. Failures are
// statuses from 500 on but for 503, and a deadline that ran out; 429 and 503 are neutral; all below 500 is a success,
// however the client has erred.
Outcome outcome_of(int status, std::string_view error);

// Keeps requests away from one replica that fails. Life: Closed -> Open -> HalfOpen -> Closed or Open again. A pure
// state machine: its owner tells it the time, and decides whether it may open (see may_open).
class CircuitBreaker {
 public:
  enum class State { Closed, Open, HalfOpen };
  // Of a request that was sent as a probe; 0 is none.
  using Probe = std::uint32_t;

  State state() const { return state_; }
  bool takes_requests() const { return state_ == State::Closed || (state_ == State::HalfOpen && running_ == 0); }

  // Closed only: notes an end. True: there have been failure_threshold failures within window_s, it should open().
  bool note(Outcome outcome, TimePoint now, const CircuitBreakerConfig& config);
  void open(TimePoint now);
  TimePoint opened_at() const { return opened_at_; }
  // Open only: from opened_at() + open_s on single requests are let through.
  void half_open();
  void close();

  // HalfOpen only, with no probe running.
  Probe begin_probe();
  // Successes in a row close it, a failure opens it again. Probes of an earlier time are ignored.
  void end_probe(Probe probe, Outcome outcome, TimePoint now, const CircuitBreakerConfig& config);

 private:
  State state_ = State::Closed;
  std::vector<TimePoint> failures_;  // the latest ones, at most failure_threshold; oldest_ is where the oldest stands
  std::size_t oldest_ = 0;
  TimePoint opened_at_{};
  Probe last_probe_ = 0;
  Probe running_ = 0;
  int successes_ = 0;
};

// Whether one more may be open besides `open` others of `replicas`.
bool may_open(std::size_t open, std::size_t replicas, double max_open_percent);

}  // namespace manta::routing
