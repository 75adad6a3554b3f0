#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "routing/drain_rate.h"
#include "routing/replica_slots.h"
#include "routing/router.h"
#include "routing/router_metrics.h"
#include "routing/usual_time.h"
#include "routing/wait_queue.h"

namespace manta::routing {

// What a Router is made of; leases keep it alive, so that a place can be given back after the Router has gone. Nothing
// but release() is called then.
class RouterCore : public std::enable_shared_from_this<RouterCore> {
 public:
  RouterCore(const RouterEnvironment& environment, std::string application, std::string deployment,
             std::shared_ptr<QueueCount> queued, RouterOptions options);

  void update(const spec::ReplicaSet& set);
  void use_custom_policies(CustomPolicies policies);
  void close();  // the Router ends
  const spec::ReplicaSet& set() const { return set_; }

  std::optional<Error> admit(const RequestInfo& request);
  Lease try_acquire(const RequestInfo& request, TimePoint now);
  TimePoint now() const { return env_.loop.now(); }
  std::uint64_t next_arrival() { return next_arrival_++; }
  // Why `request` may not wait; nothing: it has been queued.
  std::optional<Error> enqueue(Waiter& waiter);
  void abandon(Waiter& waiter);  // its coroutine is being destroyed

  // From leases.
  void reported(ReplicaSlot& slot, std::int32_t queue, TimePoint now);
  void refused(ReplicaSlot& slot, Refusal why, std::int32_t queue);
  void lost(ReplicaSlot& slot);
  void ended(ReplicaSlot& slot, Outcome outcome, CircuitBreaker::Probe probe);
  void release(const std::shared_ptr<ReplicaSlot>& slot, bool served, TimePoint now);
  UsualTime& usual_time() { return usual_time_; }

  std::size_t queued() const { return queue_.size(); }
  std::size_t in_flight() const { return in_flight_; }
  std::size_t usable() const { return slots_.usable(); }

 private:
  void add_replica(const spec::ReplicaAddress& address);
  void remove_replica(ReplicaSlot& slot);
  std::unique_ptr<ReplicaConnection> connection_to(const spec::ReplicaAddress& address,
                                                   ReplicaConnection::Events events) const;
  void connection_changed(ReplicaSlot& slot, bool connected);
  void use_policy(const RequestRouterConfig& config);
  void use_admission();
  void keep_breakers_in_bounds();
  void closed_again(ReplicaSlot& slot);
  void open(ReplicaSlot& slot);
  void close_breaker(ReplicaSlot& slot);
  void half_open_later(ReplicaSlot& slot);
  void forget_breaker(ReplicaSlot& slot);
  Policy* policy_for(const RequestInfo& request);
  std::shared_ptr<ReplicaSlot> pick(const RequestInfo& request, std::size_t others_queued, TimePoint now);
  Lease take(std::shared_ptr<ReplicaSlot> slot, std::size_t others_queued);
  void pump_later();
  void pump();
  void fail_where_all_replicas_are_avoided();
  bool all_avoided(const RequestInfo& request) const;
  std::optional<Error> refuse_to_wait(const Waiter& waiter);
  std::optional<Error> enter_queue(const RequestInfo& request);
  bool make_room(const RequestInfo& request, std::size_t bytes);
  void leave_counts(const Waiter& waiter);
  void leave_queue(Waiter& waiter, Result<Lease> result);
  void complete(Waiter& waiter, Result<Lease> result);
  void complete_later(Waiter& waiter, Result<Lease> result);
  void resume_completed();
  TimePoint too_old_at(const Waiter& waiter) const;
  void arm_timer(Waiter& waiter);
  void on_timer(Waiter& waiter);
  void arm_fallback(bool progress);
  void count_tasks();
  Error overloaded(TurnedAway why);
  Error out_of_reach() const;
  Error has_moved() const;
  std::string who() const { return application_ + "/" + deployment_; }

  const RouterEnvironment env_;
  const std::string application_, deployment_;
  const RouterOptions options_;
  const std::shared_ptr<QueueCount> queued_in_process_;
  Policy policy_, model_policy_;  // the second for requests that name a model
  bool by_request_ = false;
  CustomPolicies custom_policies_;
  std::map<std::string, Policy> call_policies_;  // that single calls asked for
  Rng rng_;
  Metrics series_;
  RouterMetrics metrics_;
  spec::ReplicaSet set_;
  ReplicaSlots slots_;
  WaitQueue queue_;
  std::vector<Waiter*> completed_;  // have left the queue, to be resumed from the loop
  DrainRate drained_;
  UsualTime usual_time_;
  std::size_t open_breakers_ = 0;
  std::size_t in_flight_ = 0;
  std::uint64_t next_arrival_ = 1;
  ReplicaKey next_key_ = 1;
  bool pump_posted_ = false;
  bool closed_ = false;
  TimerId fallback_ = 0;
  Duration next_back_off_{};
};

}  // namespace manta::routing
