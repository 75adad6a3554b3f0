#include "routing/dispatcher.h"

#include <algorithm>
#include <utility>

#include <manta/detail/json.h>

#include "net/wire.h"
#include "routing/pending_call.h"
#include "routing/wire_request.h"
#include "spec/error_reply.h"

namespace manta::routing {

struct Attempts {
  int sent = 0;           // without refusals for want of a place
  bool repeated = false;  // sent again although it may have run
};

namespace {

// The error in an answer that carries x-manta-error.
Error error_in(const net::Response& response) {
  const std::string code(response.headers.get(net::wire::kError).value_or("Internal"));
  auto reply = detail::from_json<spec::ErrorReply>(response.body, UnknownKeys::Ignore);
  if (!reply) return {.code = error_code(code), .message = "the replica answered " + std::to_string(response.status)};
  reply->error.type = code;
  return spec::to_error(*reply, response.status);
}

bool is_safe(std::string_view verb) { return verb == "GET" || verb == "HEAD" || verb == "OPTIONS"; }

}  // namespace

Dispatcher::Dispatcher(const RouterEnvironment& environment, std::string application, std::string deployment,
                       std::shared_ptr<QueueCount> queued, RouterOptions router_options, DispatchOptions options)
    : loop_(environment.loop),
      router_(environment, application, deployment, std::move(queued), std::move(router_options)),
      options_(options),
      requests_(environment.metrics.counter(
          "handle_request_counter", "Requests sent to the deployment.",
          {{"application", application}, {"deployment", deployment}, {"handle", environment.handle}})),
      retries_(environment.metrics.counter(
          "manta_router_retries", "Requests sent again after a connection failed.",
          {{"application", application}, {"deployment", deployment}, {"handle", environment.handle}})),
      budget_spent_(environment.metrics.counter(
          "manta_router_retry_budget_spent", "Lost requests that were not sent again as too many had been.",
          {{"application", application}, {"deployment", deployment}, {"handle", environment.handle}})),
      retry_tokens_(options.retry_burst) {}

RequestInfo Dispatcher::prepare(Outbound& request) {
  requests_.add();
  retry_tokens_ = std::min(options_.retry_burst, retry_tokens_ + options_.retry_ratio);
  RequestInfo info{.context = request.context, .arrival = router_.next_arrival(), .policy = request.policy};
  if (request.body) info.bytes = request.body->size();
  if (request.context) {
    info.deadline = request.context->deadline;
    add_context(request.headers, *request.context);
  }
  const double timeout_s = replica_set().request_timeout_s;
  if (info.deadline == TimePoint::max() && timeout_s > 0)
    info.deadline = loop_.now() + std::chrono::duration_cast<Duration>(std::chrono::duration<double>(timeout_s));
  if (request.target.empty()) request.target = "/" + request.method;
  return info;
}

bool Dispatcher::may_run_twice(const Outbound& request) const {
  if (request.body && request.body->size() > options_.max_kept_body) return false;
  if (request.idempotent || is_safe(request.verb) || request.headers.has("idempotency-key")) return true;
  const auto& methods = replica_set().methods;
  const auto method = std::ranges::find(methods, request.method, &spec::MethodSpec::name);
  return method != methods.end() && method->idempotent;
}

Dispatcher::Next Dispatcher::judge(const PendingCall& pending, const Outbound& request, RequestInfo& info,
                                   Attempts& attempts, Error& error) {
  if (pending.timed_out) {
    error = {.code = ErrorCode::DeadlineExceeded,
             .message = "the time given for the request ran out at replica " + pending.replica_id};
    return Next::Fail;
  }
  if (pending.refusal == Refusal::Full || pending.refusal == Refusal::Draining) return Next::Again;
  if (pending.refusal == Refusal::NoMethod) {
    info.avoid.push_back(pending.replica);
    return Next::Again;
  }
  if (pending.has_head()) return pending.headers.has(net::wire::kError) ? Next::Fail : Next::Answer;
  if (pending.failure == net::CallFailure::NeverStarted) {
    if (++attempts.sent < options_.max_attempts) return Next::Again;
    error = {.code = ErrorCode::Unavailable, .message = "no connection to a replica held; gave up after many attempts"};
    return Next::Fail;
  }
  if (!attempts.repeated && may_run_twice(request)) {
    if (retry_tokens_ >= 1) {
      retry_tokens_ -= 1;
      attempts.repeated = true;
      return Next::Again;
    }
    budget_spent_.add();
  }
  error = {.code = ErrorCode::ReplicaDied,
           .message = "replica " + pending.replica_id + " was lost while the request may have been running",
           .maybe_executed = true};
  return Next::Fail;
}

Task<Result<Answer>> Dispatcher::dispatch(Outbound request) {
  RequestInfo info = prepare(request);
  if (auto refused = router_.admit(info)) co_return std::unexpected(std::move(*refused));
  Attempts attempts;
  for (;;) {
    Lease lease = router_.try_acquire(info);
    if (!lease) {
      const TimePoint since = loop_.now();
      auto acquired = co_await router_.acquire(info);
      info.waited += loop_.now() - since;
      info.charged = true;
      if (!acquired) {
        acquired.error().maybe_executed = attempts.repeated;
        co_return std::unexpected(std::move(acquired.error()));
      }
      lease = std::move(*acquired);
    }
    info.was_sent = true;
    set_attempt(request.headers, info.deadline, loop_.now(), lease.waiting());
    auto pending = std::make_unique<PendingCall>(loop_, std::move(lease), info.deadline);
    pending->start({.method = request.verb,
                    .path = request.target,
                    .headers = &request.headers,
                    .body = request.body,
                    .window = request.window});
    while (!pending->has_head() && !pending->over()) co_await pending->update();
    Error error;
    const Next next = judge(*pending, request, info, attempts, error);
    if (next == Next::Answer) co_return Answer(std::move(pending));
    if (next == Next::Again) {
      if (pending->failure) retries_.add();
      continue;
    }
    if (!pending->has_head() || pending->timed_out) co_return std::unexpected(std::move(error));
    Answer answer(std::move(pending));
    auto response = co_await answer.whole();
    if (!response) co_return std::unexpected(std::move(response.error()));
    co_return std::unexpected(error_in(*response));
  }
}

Task<Result<net::Response>> Dispatcher::call(Outbound request) {
  auto answer = co_await dispatch(std::move(request));
  if (!answer) co_return std::unexpected(std::move(answer.error()));
  co_return co_await answer->whole();
}

}  // namespace manta::routing
