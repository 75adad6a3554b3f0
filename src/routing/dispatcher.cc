#include "routing/dispatcher.h"

#include <algorithm>
#include <utility>

#include "net/wire.h"
#include "routing/error_answer.h"
#include "routing/pending_call.h"
#include "routing/wire_request.h"

namespace manta::routing {

namespace {

bool is_safe(std::string_view verb) { return verb == "GET" || verb == "HEAD" || verb == "OPTIONS"; }

}  // namespace

Dispatcher::Dispatcher(const RouterEnvironment& environment, std::string application, std::string deployment,
                       std::shared_ptr<QueueCount> queued, RouterOptions router_options, DispatchOptions options)
    : loop_(environment.loop),
      application_(application),
      series_(environment.metrics.part()),
      router_(environment, application, deployment, std::move(queued), std::move(router_options)),
      options_(options),
      requests_(
          series_.counter("handle_request_counter", "Requests sent to the deployment.",
                          {{"application", application}, {"deployment", deployment}, {"handle", environment.handle}})),
      retries_(
          series_.counter("manta_router_retries", "Requests sent again after a connection failed.",
                          {{"application", application}, {"deployment", deployment}, {"handle", environment.handle}})),
      budget_spent_(series_.counter(
          "manta_router_retry_budget_spent", "Lost requests that were not sent again as too many had been.",
          {{"application", application}, {"deployment", deployment}, {"handle", environment.handle}})),
      arguments_ms_(series_.histogram(
          "router_args_resolution_latency_ms", "From a call until the responses among its arguments had come.",
          {{"application", application}, {"deployment", deployment}, {"handle", environment.handle}})),
      retry_(options) {}

void Dispatcher::waited_for_arguments(Duration time) {
  arguments_ms_.observe(std::chrono::duration<double, std::milli>(time).count());
}

RequestInfo Dispatcher::open(std::shared_ptr<const RequestContext> context, std::size_t bytes,
                             const std::string& policy) {
  requests_.add();
  retry_.count_request();
  RequestInfo info{.context = std::move(context), .arrival = router_.next_arrival(), .bytes = bytes, .policy = policy};
  if (info.context) info.deadline = info.context->deadline;
  const double timeout_s = replica_set().request_timeout_s;
  if (info.deadline == TimePoint::max() && timeout_s > 0)
    info.deadline = loop_.now() + std::chrono::duration_cast<Duration>(std::chrono::duration<double>(timeout_s));
  return info;
}

RequestInfo Dispatcher::prepare(Outbound& request) {
  RequestInfo info = open(request.context, request.body ? request.body->size() : 0, request.policy);
  if (request.context) add_context(request.headers, *request.context, application_);
  if (request.target.empty()) request.target = "/" + request.method;
  return info;
}

bool Dispatcher::may_run_twice(const Outbound& request) const {
  if (request.on_sent || (request.body && request.body->size() > options_.max_kept_body)) return false;
  if (request.idempotent || is_safe(request.verb) || request.headers.has("idempotency-key")) return true;
  const auto& methods = replica_set().methods;
  const auto method = std::ranges::find(methods, request.method, &spec::MethodSpec::name);
  return method != methods.end() && method->idempotent;
}

RetryRule::Next Dispatcher::judge(const PendingCall& pending, const Outbound& request, RequestInfo& info,
                                  Attempts& attempts, Error& error) {
  const AttemptEnd end{.replica = pending.replica,
                       .replica_id = pending.replica_id,
                       .timed_out = pending.timed_out,
                       .refusal = pending.refusal,
                       .answered = pending.has_head(),
                       .is_error = pending.has_head() && pending.headers.has(net::wire::kError),
                       .failure = pending.failure};
  const RetryRule::Next next = retry_.judge(end, pending.failure && may_run_twice(request), info, attempts, error);
  if (attempts.unpaid) budget_spent_.add();
  return next;
}

Task<Result<Answer>> Dispatcher::dispatch(Outbound request) {
  RequestInfo info = prepare(request);
  if (auto refused = router_.admit(info)) co_return std::unexpected(std::move(*refused));
  Attempts attempts;
  for (;;) {
    TimePoint now = loop_.now();
    Lease lease = router_.try_acquire(info, now);
    if (!lease) {
      const TimePoint since = now;
      auto acquired = co_await router_.acquire(info);
      now = loop_.now();
      info.waited += now - since;
      info.charged = true;
      if (!acquired) {
        acquired.error().maybe_executed = attempts.repeated;
        co_return std::unexpected(std::move(acquired.error()));
      }
      lease = std::move(*acquired);
    }
    info.was_sent = true;
    set_attempt(request.headers, info.deadline, now, lease.waiting());
    auto pending = std::make_unique<PendingCall>(loop_, std::move(lease), info.deadline);
    std::function<net::Channel*()> connection;
    if (request.on_sent) connection = pending->lease.connection();
    pending->start({.method = request.verb,
                    .path = request.target,
                    .headers = &request.headers,
                    .body = request.body,
                    .window = request.window},
                   now);
    if (request.on_sent && !pending->failure) request.on_sent(std::move(connection));
    while (!pending->has_head() && !pending->over()) co_await pending->update();
    Error error;
    const RetryRule::Next next = judge(*pending, request, info, attempts, error);
    if (next == RetryRule::Next::Answer) co_return Answer(std::move(pending));
    if (next == RetryRule::Next::Again) {
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

static Task<Result<net::Response>> whole_answer(Task<Result<Answer>> dispatching) {
  auto answer = co_await dispatching;
  if (!answer) co_return std::unexpected(std::move(answer.error()));
  co_return co_await answer->whole();
}

Task<Result<net::Response>> Dispatcher::call(Outbound request) { return whole_answer(dispatch(std::move(request))); }

}  // namespace manta::routing
