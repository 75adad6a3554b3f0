#include "routing/router_core.h"

#include <algorithm>
#include <utility>

#include "base/of_seconds.h"
#include "routing/policies/model_affinity.h"

namespace manta::routing {
namespace {

constexpr int kMaxSkipped = 16;  // waiters passed over as they avoid every replica that is free

}  // namespace

RouterCore::RouterCore(const RouterEnvironment& environment, std::string application, std::string deployment,
                       std::shared_ptr<QueueCount> queued, RouterOptions options)
    : env_(environment),
      application_(std::move(application)),
      deployment_(std::move(deployment)),
      options_(std::move(options)),
      queued_in_process_(std::move(queued)),
      model_policy_(model_affinity(policy_)),
      rng_(environment.seed),
      series_(environment.metrics.part()),
      metrics_(series_, {{"application", application_}, {"deployment", deployment_}, {"handle", environment.handle}},
               environment.handle_source) {
  set_.application = application_;
  set_.deployment = deployment_;
  use_policy(set_.router);
}

Lease RouterCore::try_acquire(const RequestInfo& request, TimePoint now) {
  if (!request.was_sent) metrics_.count_request(request.context ? std::string_view(request.context->route) : "");
  if (!queue_.empty() || slots_.pickable() == 0) return {};
  auto slot = pick(request, 0, now);
  if (!slot) return {};
  return take(std::move(slot), 0);
}

Policy* RouterCore::policy_for(const RequestInfo& request) {
  if (!request.policy.empty()) {
    const auto own = call_policies_.find(request.policy);
    if (own != call_policies_.end()) return &own->second;
  }
  const bool names_model = request.context && !request.context->multiplexed_model_id.empty();
  return names_model && !by_request_ ? &model_policy_ : &policy_;
}

std::shared_ptr<ReplicaSlot> RouterCore::pick(const RequestInfo& request, std::size_t others_queued, TimePoint now) {
  const PolicyInput input{.now = now, .request = request.context.get()};
  return slots_.pick(*policy_for(request), input, request.avoid, others_queued + 1, rng_);
}

Lease RouterCore::take(std::shared_ptr<ReplicaSlot> slot, std::size_t others_queued) {
  const bool probes = slot->breaker.state() == CircuitBreaker::State::HalfOpen;
  const CircuitBreaker::Probe probe = probes ? slot->breaker.begin_probe() : 0;
  const std::int32_t waiting = slots_.take(*slot, others_queued);
  ++in_flight_;
  metrics_.in_flight.add(1);
  return Lease(std::move(slot), waiting, probe);
}

void RouterCore::complete(Waiter& waiter, Result<Lease> result) {
  leave_queue(waiter, std::move(result));
  waiter.resumption.resume();
}

void RouterCore::complete_later(Waiter& waiter, Result<Lease> result) {
  leave_queue(waiter, std::move(result));
  if (completed_.empty()) env_.loop.post([self = shared_from_this()] { self->resume_completed(); });
  completed_.push_back(&waiter);
}

void RouterCore::resume_completed() {
  while (!completed_.empty()) {
    Waiter& waiter = *completed_.front();
    completed_.erase(completed_.begin());
    waiter.resumption.resume();
  }
}

void RouterCore::pump_later() {
  if (pump_posted_ || closed_ || queue_.empty()) return;
  pump_posted_ = true;
  env_.loop.post([self = shared_from_this()] { self->pump(); });
}

void RouterCore::pump() {
  pump_posted_ = false;
  bool progress = false;
  int skipped = 0;
  for (Waiter* waiter = queue_.next(); waiter && slots_.pickable() > 0;) {
    auto slot = pick(waiter->request, queue_.size() - 1, now());
    if (!slot) {
      if (waiter->request.avoid.empty() || ++skipped > kMaxSkipped) break;
      waiter = queue_.after(*waiter);
      continue;
    }
    progress = true;
    complete(*waiter, take(std::move(slot), queue_.size() - 1));
    if (closed_) return;
    waiter = queue_.next();
  }
  arm_fallback(progress);
}

// Grants wake the queue. Should one not come (lost registration, a replica of another make), the replica waited for
// longest is tried without one, at growing intervals.
void RouterCore::arm_fallback(bool progress) {
  if (progress) {
    next_back_off_ = of_seconds(set_.router.initial_backoff_s);
    env_.loop.cancel(std::exchange(fallback_, 0));
  }
  const bool backs_off = !queue_.empty() && slots_.waiting() > 0;
  if (!backs_off || fallback_ != 0) return count_tasks();
  fallback_ = env_.loop.after(next_back_off_, [this] {
    fallback_ = 0;
    const std::chrono::duration<double> longer = next_back_off_ * set_.router.backoff_multiplier;
    next_back_off_ = of_seconds(std::min(longer.count(), set_.router.max_backoff_s));
    slots_.forget_longest_wait() ? pump_later() : count_tasks();
  });
  count_tasks();
}

void RouterCore::count_tasks() {
  metrics_.tasks.set(queue_.size());
  metrics_.tasks_in_backoff.set(fallback_ != 0 ? queue_.size() : 0);
}

void RouterCore::reported(ReplicaSlot& slot, std::int32_t queue, TimePoint now) {
  if (slot.removed) return;
  slots_.reported(slot, queue, now);
  if (slot.queue_length) slot.queue_length->set(queue);
}

void RouterCore::refused(ReplicaSlot& slot, Refusal why, std::int32_t queue) {
  if (slot.removed) return;
  metrics_.refused_by_replica.add();
  reported(slot, queue, now());
  if (why == Refusal::Full) slots_.refused(slot, now());
  if (why == Refusal::Draining) slots_.set_draining(slot);
}

void RouterCore::lost(ReplicaSlot& slot) {
  if (!slot.removed) connection_changed(slot, slot.connection->usable());
}

void RouterCore::release(const std::shared_ptr<ReplicaSlot>& slot, bool served, TimePoint now) {
  --in_flight_;
  if (served) drained_.note(now);
  if (!slot->removed) {
    slots_.release(*slot);
    pump_later();
  }
  if (closed_) return;
  metrics_.in_flight.add(-1);
  // The last one on a removed replica ends its connection: not from inside one of its callbacks.
  if (slot->removed) env_.loop.post([slot] {});
}

}  // namespace manta::routing
