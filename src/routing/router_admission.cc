// The part of a router that lets requests in and keeps them waiting.
#include <algorithm>
#include <utility>

#include "base/of_seconds.h"
#include "routing/policies/policy_list.h"
#include "routing/router_core.h"

namespace manta::routing {
namespace {

constexpr int kTooManyRequests = 429;

std::int64_t bytes_of(const RequestInfo& request) { return static_cast<std::int64_t>(request.bytes); }

std::string limit_text(const AdmissionConfig& limits, bool by_tenant) {
  return std::to_string(by_tenant ? limits.tenant_requests_per_s : limits.requests_per_s) +
         (by_tenant ? " requests per second of one tenant (tenant_requests_per_s)"
                    : " requests per second (requests_per_s)");
}

}  // namespace

Error RouterCore::out_of_reach() const {
  return {.code = ErrorCode::InvalidArgument,
          .message = who() +
                     " runs in the HTTP proxies (in_proxy) and has no replicas that a handle could reach: send "
                     "it HTTP requests, or deploy it without in_proxy"};
}

// To requests that were let in while there were replicas.
Error RouterCore::has_moved() const {
  return {.code = ErrorCode::Unavailable, .message = who() + " has just moved into the HTTP proxies; send it again"};
}

std::optional<Error> RouterCore::admit(const RequestInfo& request) {
  if (set_.hosted) return out_of_reach();
  if (!request.policy.empty() && !call_policies_.contains(request.policy)) {
    auto policy = make_policy(request.policy, custom_policies_);
    if (!policy) return std::move(policy.error());
    call_policies_.emplace(request.policy, std::move(*policy));
  }
  if (!limits_rate(set_.admission)) return std::nullopt;
  const std::string_view tenant = request.context ? std::string_view(request.context->tenant) : "";
  const auto exceeded = queued_in_process_->rates().take(set_.admission, tenant, env_.loop.now());
  if (!exceeded) return std::nullopt;
  metrics_.count_turned_away(exceeded->by_tenant ? TurnedAway::TenantRate : TurnedAway::Rate);
  return Error{.code = ErrorCode::Overloaded,
               .message = who() + ": more than " + limit_text(set_.admission, exceeded->by_tenant),
               .status = kTooManyRequests,
               .retry_after_s = exceeded->retry_after_s};
}

Error RouterCore::overloaded(TurnedAway why) {
  metrics_.count_turned_away(why);
  if (why != TurnedAway::QueueAge) metrics_.refused_by_queue.add();
  std::string message = who() + ": ";
  if (why == TurnedAway::QueueCount)
    message += std::to_string(set_.max_queued_requests) + " requests already wait (max_queued_requests)";
  if (why == TurnedAway::QueueBytes) message += "the bodies of waiting requests fill max_queued_bytes";
  if (why == TurnedAway::QueueAge) message += "the request waited as long as it may (max_queue_age_s)";
  if (why == TurnedAway::Displaced) message += "the queue is full and a request that goes before this one came";
  const double told_s = set_.backpressure_retry_after_s;
  Error error{.code = ErrorCode::Overloaded,
              .message = message + "; try again later",
              .retry_after_s = told_s > 0 ? told_s : drained_.retry_after_s(queue_.size() + 1, env_.loop.now())};
  if (set_.backpressure_status_code != http_status(error)) error.status = set_.backpressure_status_code;
  return error;
}

// What does not depend on the room in the queue.
std::optional<Error> RouterCore::refuse_to_wait(const Waiter& waiter) {
  const RequestInfo& request = waiter.request;
  if (set_.hosted) return has_moved();
  if (request.deadline <= waiter.since)
    return Error{.code = ErrorCode::DeadlineExceeded, .message = who() + ": the time given for the request is over"};
  if (all_avoided(request))
    return Error{.code = ErrorCode::NotFound, .message = who() + ": no replica knows the method of this request"};
  const double max_age_s = set_.admission.max_queue_age_s;
  if (max_age_s > 0 && request.waited >= of_seconds(max_age_s)) return overloaded(TurnedAway::QueueAge);
  if (request.was_sent || request.deadline == TimePoint::max() || slots_.usable() == 0) return std::nullopt;
  const std::size_t ahead = queue_.ahead_of(request.context ? request.context->priority : 0);
  if (!drained_.hopeless(ahead, request.deadline - waiter.since, waiter.since)) return std::nullopt;
  metrics_.count_turned_away(TurnedAway::Hopeless);
  return Error{.code = ErrorCode::DeadlineExceeded,
               .message = who() + ": the time given for the request is too short for the " + std::to_string(ahead) +
                          " requests that wait before it"};
}

// Turns a waiting request away in favour of `request`. False: none has to make room for it.
bool RouterCore::make_room(const RequestInfo& request, std::size_t bytes) {
  Waiter* const displaced = queue_.displaced_by(request);
  if (!displaced || displaced->request.bytes < bytes) return false;
  complete_later(*displaced, std::unexpected(overloaded(TurnedAway::Displaced)));
  return true;
}

std::optional<Error> RouterCore::enter_queue(const RequestInfo& request) {
  const auto enter = [&] { return queued_in_process_->try_enter(set_.max_queued_requests); };
  if (!enter() && !(make_room(request, 0) && enter())) return overloaded(TurnedAway::QueueCount);
  const auto max_bytes = static_cast<std::int64_t>(set_.admission.max_queued_bytes);
  const auto enter_bytes = [&] { return queued_in_process_->try_enter_bytes(bytes_of(request), max_bytes); };
  if (enter_bytes() || (make_room(request, request.bytes) && enter_bytes())) return std::nullopt;
  queued_in_process_->leave();
  return overloaded(TurnedAway::QueueBytes);
}

std::optional<Error> RouterCore::enqueue(Waiter& waiter) {
  if (waiter.request.arrival == 0) waiter.request.arrival = next_arrival();
  waiter.since = env_.loop.now();
  if (auto error = refuse_to_wait(waiter)) return error;
  if (auto error = enter_queue(waiter.request)) return error;
  metrics_.queued.add(1);
  metrics_.queued_bytes.add(static_cast<double>(waiter.request.bytes));
  queue_.add(waiter);
  count_tasks();
  arm_timer(waiter);
  pump_later();
  return std::nullopt;
}

TimePoint RouterCore::too_old_at(const Waiter& waiter) const {
  const double max_age_s = set_.admission.max_queue_age_s;
  return max_age_s > 0 ? waiter.since + of_seconds(max_age_s) - waiter.request.waited : TimePoint::max();
}

void RouterCore::arm_timer(Waiter& waiter) {
  TimePoint when = std::min(waiter.request.deadline, too_old_at(waiter));
  if (waiter.request.deadline == TimePoint::max() && options_.replica_wait)
    when = std::min(when, env_.loop.now() + *options_.replica_wait);
  if (when != TimePoint::max()) waiter.timer = env_.loop.at(when, [this, &waiter] { on_timer(waiter); });
}

void RouterCore::on_timer(Waiter& waiter) {
  waiter.timer = 0;
  const auto keep = shared_from_this();
  if (env_.loop.now() >= waiter.request.deadline) {
    const char* why = slots_.usable() == 0 ? ": no replica could be reached within the time given for the request"
                                           : ": all replicas were busy for the time given for the request";
    return complete(waiter, fail(ErrorCode::DeadlineExceeded, who() + why));
  }
  if (env_.loop.now() >= too_old_at(waiter)) return complete(waiter, std::unexpected(overloaded(TurnedAway::QueueAge)));
  const bool sleeps = set_.replicas.empty() && set_.load_report_interval_s > 0;  // one will be started for the request
  if (slots_.usable() == 0 && !sleeps)
    return complete(waiter, fail(ErrorCode::Unavailable, who() + ": no replica is running"));
  arm_timer(waiter);
}

void RouterCore::abandon(Waiter& waiter) {
  if (waiter.result) {
    std::erase(completed_, &waiter);
    return;
  }
  queue_.remove(waiter);
  leave_counts(waiter);
}

void RouterCore::leave_counts(const Waiter& waiter) {
  env_.loop.cancel(waiter.timer);
  queued_in_process_->leave();
  queued_in_process_->leave_bytes(bytes_of(waiter.request));
  metrics_.queued.add(-1);
  metrics_.queued_bytes.add(-static_cast<double>(waiter.request.bytes));
  count_tasks();
}

void RouterCore::leave_queue(Waiter& waiter, Result<Lease> result) {
  result ? queue_.serve(waiter) : queue_.remove(waiter);
  leave_counts(waiter);
  const std::chrono::duration<double, std::milli> waited = env_.loop.now() - waiter.since;
  if (result) metrics_.fulfillment_ms.observe(waited.count());
  waiter.result = std::move(result);
}

}  // namespace manta::routing
