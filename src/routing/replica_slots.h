#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/clock.h"
#include "base/deadline_heap.h"
#include "base/metrics.h"
#include "routing/circuit_breaker.h"
#include "routing/node_zones.h"
#include "routing/policy.h"
#include "routing/replica_connection.h"
#include "spec/replica_set.h"

namespace manta::routing {

class RouterCore;

// One replica as a router knows it. Kept by the router while it is in the set, and by the leases on it. What every
// request looks at stands in front, in as few cache lines as it can.
struct ReplicaSlot {
  ReplicaKey key = 0;
  std::size_t index = 0;  // of its load in ReplicaSlots
  std::unique_ptr<ReplicaConnection> connection;
  std::shared_ptr<RouterCore> core;  // told of releases; cleared when the router ends
  bool removed = false;              // not in the set any more: draining there
  bool connected = false;
  bool draining = false;
  bool waiting = false;  // registered there as a waiter: sends only with a grant
  int grants = 0;
  CircuitBreaker breaker;
  std::optional<GaugeMetric> queue_length;
  spec::ReplicaAddress address;
  ReplicaTold told;
  TimePoint grants_lapse{};
  TimePoint waiting_since{};
  TimerId breaker_timer = 0;      // until it half-opens
  std::optional<Metrics> series;  // of this replica; none once it is removed
};

// The places of one router on its replicas. Keeps the loads of those that may take a request now in front of one array,
// which is what a policy chooses from. Holds decisions only: no clock, no sockets.
class ReplicaSlots {
 public:
  ReplicaSlot& add(std::shared_ptr<ReplicaSlot> slot, Nearness nearness = {});
  void remove(ReplicaSlot& slot);
  const std::vector<std::shared_ptr<ReplicaSlot>>& all() const { return slots_; }

  // A replica for a request, or null: none may take it now. All but the replicas of `input` is given. `queued` requests
  // wait besides it: while many registrations as waiter stand for few of them, replicas that seem full are left alone.
  std::shared_ptr<ReplicaSlot> pick(Policy& policy, PolicyInput input, std::span<const ReplicaKey> avoid,
                                    std::size_t queued, Rng& rng);
  // Takes a place on a picked slot. Returns how many waiting requests to announce with it.
  std::int32_t take(ReplicaSlot& slot, std::size_t queued);
  void release(ReplicaSlot& slot);

  void reported(ReplicaSlot& slot, std::int32_t queue, TimePoint now);
  void refused(ReplicaSlot& slot, TimePoint now);
  void granted(ReplicaSlot& slot, int count, TimePoint lapse);
  void set_connected(ReplicaSlot& slot, bool connected);
  void set_draining(ReplicaSlot& slot);
  void set_max_ongoing(ReplicaSlot& slot, int max_ongoing);
  void breaker_changed(ReplicaSlot& slot) { place(slot); }
  // The fallback when a grant does not come: the replica that was waited for longest is tried again without one. False:
  // none.
  bool forget_longest_wait();

  const ReplicaLoad& load(const ReplicaSlot& slot) const { return loads_[slot.index]; }
  std::size_t usable() const { return usable_; }
  std::size_t waiting() const { return waiting_; }
  std::size_t pickable() const { return pickable_; }

 private:
  bool may_take(const ReplicaSlot& slot) const;
  void place(ReplicaSlot& slot);  // puts it on the right side of the border after a change
  void swap(std::size_t a, std::size_t b);
  void set_waiting(ReplicaSlot& slot, bool waiting);
  void count_usable(const ReplicaSlot& slot, int by);

  std::vector<std::shared_ptr<ReplicaSlot>> slots_;
  std::vector<ReplicaLoad> loads_;           // parallel to slots_
  std::vector<std::uint32_t> free_numbers_;  // of replicas that have gone
  std::uint64_t membership_ = 1;
  std::size_t pickable_ = 0;  // those below this index may take a request
  std::size_t usable_ = 0;
  std::size_t waiting_ = 0;
};

}  // namespace manta::routing
