// The part of a router that keeps away from replicas that fail.
#include <utility>

#include "base/of_seconds.h"
#include "routing/router_core.h"

namespace manta::routing {
namespace {

using BreakerState = CircuitBreaker::State;

}  // namespace

void RouterCore::ended(ReplicaSlot& slot, Outcome outcome, CircuitBreaker::Probe probe) {
  const CircuitBreakerConfig& config = set_.circuit_breaker;
  if (config.failure_threshold <= 0 || slot.removed) return;
  CircuitBreaker& breaker = slot.breaker;
  if (breaker.state() == BreakerState::Closed) {
    const bool failed = breaker.note(outcome, env_.loop.now(), config);
    if (failed && may_open(open_breakers_, slots_.all().size(), config.max_open_percent)) open(slot);
    return;
  }
  if (probe == 0) return;
  const bool was_half_open = breaker.state() == BreakerState::HalfOpen;
  breaker.end_probe(probe, outcome, env_.loop.now(), config);
  if (was_half_open && breaker.state() == BreakerState::Open) half_open_later(slot);
  if (breaker.state() == BreakerState::Closed) closed_again(slot);
  slots_.breaker_changed(slot);
  pump_later();
}

void RouterCore::open(ReplicaSlot& slot) {
  slot.breaker.open(env_.loop.now());
  ++open_breakers_;
  metrics_.open_breakers.add(1);
  metrics_.breaker_openings.add();
  env_.logger.warn("circuit_opened", {{"application", application_},
                                      {"deployment", deployment_},
                                      {"replica", slot.address.id},
                                      {"failures", set_.circuit_breaker.failure_threshold},
                                      {"open_s", set_.circuit_breaker.open_s}});
  slots_.breaker_changed(slot);
  half_open_later(slot);
}

void RouterCore::half_open_later(ReplicaSlot& slot) {
  env_.loop.cancel(slot.breaker_timer);
  const TimePoint when = slot.breaker.opened_at() + of_seconds(set_.circuit_breaker.open_s);
  slot.breaker_timer = env_.loop.at(when, [this, &slot] {
    slot.breaker_timer = 0;
    slot.breaker.half_open();
    slots_.breaker_changed(slot);
    pump_later();
  });
}

void RouterCore::closed_again(ReplicaSlot& slot) {
  --open_breakers_;
  metrics_.open_breakers.add(-1);
  env_.logger.info("circuit_closed",
                   {{"application", application_}, {"deployment", deployment_}, {"replica", slot.address.id}});
}

// The replica leaves the set.
void RouterCore::forget_breaker(ReplicaSlot& slot) {
  env_.loop.cancel(std::exchange(slot.breaker_timer, 0));
  if (slot.breaker.state() == BreakerState::Closed) return;
  --open_breakers_;
  metrics_.open_breakers.add(-1);
}

void RouterCore::close_breaker(ReplicaSlot& slot) {
  env_.loop.cancel(std::exchange(slot.breaker_timer, 0));
  slot.breaker.close();
  closed_again(slot);
  slots_.breaker_changed(slot);
}

// After a change of the settings or of the replicas: as many as are too many are closed, the longest open first.
void RouterCore::keep_breakers_in_bounds() {
  const CircuitBreakerConfig& config = set_.circuit_breaker;
  const auto too_many = [&] {
    return config.failure_threshold <= 0 || !may_open(open_breakers_ - 1, slots_.all().size(), config.max_open_percent);
  };
  while (open_breakers_ > 0 && too_many()) {
    ReplicaSlot* longest = nullptr;
    for (const auto& slot : slots_.all())
      if (slot->breaker.state() != BreakerState::Closed &&
          (!longest || slot->breaker.opened_at() < longest->breaker.opened_at()))
        longest = slot.get();
    close_breaker(*longest);
  }
}

}  // namespace manta::routing
