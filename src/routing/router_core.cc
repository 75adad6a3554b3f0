#include "routing/router_core.h"

#include <algorithm>
#include <utility>

namespace manta::routing {
namespace {

constexpr int kMaxSkipped = 16;  // waiters passed over as they avoid every replica that is free

}  // namespace

RouterCore::RouterCore(const RouterEnvironment& environment, std::string application, std::string deployment,
                       std::shared_ptr<QueueCount> queued, RouterOptions options, Policy policy)
    : env_(environment),
      application_(std::move(application)),
      deployment_(std::move(deployment)),
      options_(std::move(options)),
      queued_in_process_(std::move(queued)),
      policy_(std::move(policy)),
      rng_(environment.seed),
      metrics_(environment.metrics,
               {{"application", application_}, {"deployment", deployment_}, {"handle", environment.handle}}),
      next_back_off_(options_.first_back_off) {
  set_.application = application_;
  set_.deployment = deployment_;
}

Lease RouterCore::try_acquire(const RequestInfo& request) {
  if (!request.was_sent) metrics_.count_request(request.context ? std::string_view(request.context->route) : "");
  if (!queue_.empty() || slots_.pickable() == 0) return {};
  auto slot = pick(request, 0);
  if (!slot) return {};
  return take(std::move(slot), 0);
}

std::shared_ptr<ReplicaSlot> RouterCore::pick(const RequestInfo& request, std::size_t others_queued) {
  const PolicyInput input{.now = env_.loop.now(), .request = request.context.get()};
  return slots_.pick(policy_, input, request.avoid, others_queued + 1, rng_);
}

Lease RouterCore::take(std::shared_ptr<ReplicaSlot> slot, std::size_t others_queued) {
  const std::int32_t waiting = slots_.take(*slot, others_queued);
  ++in_flight_;
  metrics_.in_flight.add(1);
  return Lease(std::move(slot), waiting);
}

Error RouterCore::overloaded() {
  metrics_.refused_by_queue.add();
  Error error{.code = ErrorCode::Overloaded,
              .message = who() + ": " + std::to_string(set_.max_queued_requests) +
                         " requests already wait (max_queued_requests); try again later",
              .retry_after_s = drained_.retry_after_s(queue_.size() + 1, env_.loop.now())};
  if (set_.backpressure_status_code != http_status(error)) error.status = set_.backpressure_status_code;
  return error;
}

std::optional<Error> RouterCore::enqueue(Waiter& waiter) {
  if (waiter.request.arrival == 0) waiter.request.arrival = next_arrival();
  waiter.since = env_.loop.now();
  if (waiter.request.deadline <= waiter.since)
    return Error{.code = ErrorCode::DeadlineExceeded, .message = who() + ": the time given for the request is over"};
  if (all_avoided(waiter.request))
    return Error{.code = ErrorCode::NotFound, .message = who() + ": no replica knows the method of this request"};
  if (!queued_in_process_->try_enter(set_.max_queued_requests)) {
    Waiter* youngest = queue_.youngest();
    // A request that comes back from a replica was let in before: the youngest leaves in its place.
    if (!waiter.request.was_sent || !youngest || youngest->request.arrival < waiter.request.arrival)
      return overloaded();
    complete_later(*youngest, std::unexpected(overloaded()));
    if (!queued_in_process_->try_enter(set_.max_queued_requests)) return overloaded();
  }
  metrics_.queued.add(1);
  queue_.add(waiter);
  arm_timer(waiter);
  pump_later();
  return std::nullopt;
}

void RouterCore::arm_timer(Waiter& waiter) {
  const bool has_deadline = waiter.request.deadline != TimePoint::max();
  if (!has_deadline && !options_.replica_wait) return;
  const TimePoint when = has_deadline ? waiter.request.deadline : env_.loop.now() + *options_.replica_wait;
  waiter.timer = env_.loop.at(when, [this, &waiter] { on_timer(waiter); });
}

void RouterCore::on_timer(Waiter& waiter) {
  waiter.timer = 0;
  const auto keep = shared_from_this();
  if (env_.loop.now() >= waiter.request.deadline) {
    const char* why = slots_.usable() == 0 ? ": no replica could be reached within the time given for the request"
                                           : ": all replicas were busy for the time given for the request";
    return complete(waiter, fail(ErrorCode::DeadlineExceeded, who() + why));
  }
  if (slots_.usable() == 0) return complete(waiter, fail(ErrorCode::Unavailable, who() + ": no replica is running"));
  arm_timer(waiter);
}

void RouterCore::abandon(Waiter& waiter) {
  if (!waiter.result) {
    queue_.remove(waiter);
    env_.loop.cancel(waiter.timer);
    queued_in_process_->leave();
    metrics_.queued.add(-1);
  } else {
    std::erase(completed_, &waiter);
  }
}

void RouterCore::leave_queue(Waiter& waiter, Result<Lease> result) {
  queue_.remove(waiter);
  env_.loop.cancel(waiter.timer);
  queued_in_process_->leave();
  metrics_.queued.add(-1);
  const std::chrono::duration<double, std::milli> waited = env_.loop.now() - waiter.since;
  if (result) metrics_.fulfillment_ms.observe(waited.count());
  waiter.result = std::move(result);
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
  for (Waiter* waiter = queue_.oldest(); waiter && slots_.pickable() > 0;) {
    auto slot = pick(waiter->request, queue_.size() - 1);
    if (!slot) {
      if (waiter->request.avoid.empty() || ++skipped > kMaxSkipped) break;
      waiter = queue_.after(waiter->request.arrival);
      continue;
    }
    progress = true;
    complete(*waiter, take(std::move(slot), queue_.size() - 1));
    if (closed_) return;
    waiter = queue_.oldest();
  }
  arm_fallback(progress);
}

// Grants wake the queue. Should one not come (lost registration, a replica of another make), the replica waited for
// longest is tried without one, at growing intervals.
void RouterCore::arm_fallback(bool progress) {
  if (progress) {
    next_back_off_ = options_.first_back_off;
    env_.loop.cancel(std::exchange(fallback_, 0));
  }
  if (queue_.empty() || slots_.waiting() == 0 || fallback_ != 0) return;
  fallback_ = env_.loop.after(next_back_off_, [this] {
    fallback_ = 0;
    next_back_off_ = std::min(next_back_off_ * 2, options_.max_back_off);
    if (slots_.forget_longest_wait()) pump_later();
  });
}

void RouterCore::reported(ReplicaSlot& slot, std::int32_t queue) {
  if (slot.removed) return;
  slots_.reported(slot, queue, env_.loop.now());
  if (slot.queue_length) slot.queue_length->set(queue);
}

void RouterCore::refused(ReplicaSlot& slot, Refusal why, std::int32_t queue) {
  if (slot.removed) return;
  metrics_.refused_by_replica.add();
  reported(slot, queue);
  if (why == Refusal::Full) slots_.refused(slot, env_.loop.now());
  if (why == Refusal::Draining) slots_.set_draining(slot);
}

void RouterCore::lost(ReplicaSlot& slot) {
  if (!slot.removed) connection_changed(slot, slot.connection->channel() != nullptr);
}

void RouterCore::release(std::shared_ptr<ReplicaSlot> slot) {
  --in_flight_;
  if (!slot->removed) {
    slots_.release(*slot);
    drained_.note(env_.loop.now());
    pump_later();
  }
  if (closed_) return;
  metrics_.in_flight.add(-1);
  // The last one on a removed replica ends its connection: not from inside one of its callbacks.
  if (slot->removed) env_.loop.post([slot = std::move(slot)] {});
}

}  // namespace manta::routing
