#include "replica/replica_server.h"

#include <chrono>
#include <utility>

#include <manta/detail/json.h>

#include "base/of_seconds.h"
#include "net/wire.h"
#include "replica/error_response.h"
#include "replica/replica_impl.h"
#include "replica/request_decode.h"
#include "spec/settings.h"
#include "spec/slot_notice.h"

namespace manta::replica {

ReplicaServer::Impl::Impl(Loop& on, Compute& pool, Metrics& registry, Logger& log, net::ReceiveBudget& budget,
                          ReplicaOptions with, MakeServable make)
    : loop(on),
      compute(pool),
      metrics(registry),
      logger(log),
      options(std::move(with)),
      board(on, pool, registry, options),
      shared_answers(
          on, registry,
          {{"application", options.application}, {"deployment", options.deployment}, {"replica", options.id}},
          board.metrics),
      host(on, pool, log, options, std::move(make)),
      self_report(on, registry, log, options,
                  {.autoscaling_changed = [this] { report_load_later(); },
                   .tell_callers = [this](const auto& notice) { tell_all(notice); }}),
      direct_callers(on),
      scope(on),
      server(on, options.server, budget, [this](net::ExchangePtr exchange) { handle(std::move(exchange)); }) {
  shared_answers.configure(options.config.response_cache);
  configure_logs();
  board.on_place_freed = [this] { places_changed(); };
  host.on_phase([this](ReplicaHost::Phase) { phase_changed(); });
  server.on_disconnect([this](std::uint64_t connection) { disconnected(connection); });
}

ReplicaServer::Impl::~Impl() {
  closing = true;
  compute.stop();
  board.dedicated.stop();
  for (const TimerId timer : {lapse_timer, report_timer, drain_timer}) loop.cancel(timer);
}

void ReplicaServer::Impl::handle(net::ExchangePtr exchange) {
  if (const auto member = members.find(exchange->request().authority); member != members.end())
    return member->second->handle(std::move(exchange));
  const std::string& target = exchange->request().target;
  if (target.starts_with("/-/")) return handle_control(std::move(exchange));
  handle_call(std::move(exchange));
}

void ReplicaServer::Impl::handle_control(net::ExchangePtr exchange) {
  const std::string_view target = exchange->request().target;
  const std::string_view path = target.substr(0, target.find('?'));
  if (path == net::wire::kSlots) return open_slots(exchange);
  if (path == net::wire::kState) return open_state(exchange);
  if (path == net::wire::kInputPath) return board.inputs.feed(std::move(exchange));
  if (path == net::wire::kCheckHealth) {
    scope.spawn(answer_health(std::move(exchange)));
  } else if (path == spec::kSettingsPath) {
    scope.spawn(take_settings(std::move(exchange)));
  } else if (path == net::wire::kMetrics) {
    board.metrics.refresh(board.admission.ongoing(), board.admission.max_ongoing());
    exchange->respond({.headers = {{"content-type", "text/plain; version=0.0.4"}}, .body = metrics.text()});
  } else if (path == "/-/healthz") {
    exchange->respond({.headers = {{"content-type", "text/plain"}}, .body = "success"});
  } else {
    exchange->respond(
        error_response({.code = ErrorCode::NotFound, .message = "no such path: " + std::string(path)}, {}));
  }
}

void ReplicaServer::Impl::open_slots(const net::ExchangePtr& exchange) {
  const auto connection = exchange->connection_id();
  slots.open(exchange);
  if (draining) return slots.send(connection, *detail::to_json(spec::SlotNotice{.draining = true}));
  board.admission.listen(connection);
  if (self_report.known() != spec::SlotNotice{}) slots.send(connection, *detail::to_json(self_report.known()));
  exchange->when_closed([this, connection] { disconnected(connection); });
}

void ReplicaServer::Impl::open_state(const net::ExchangePtr& exchange) {
  const auto connection = exchange->connection_id();
  states.open(exchange);
  states.send(connection, *detail::to_json(state()));
  exchange->when_closed([this, connection] { states.forget(connection); });
}

Task<void> ReplicaServer::Impl::answer_health(net::ExchangePtr exchange) {
  const TimePoint begun = loop.now();
  const auto healthy = co_await host.check_health();
  const std::chrono::duration<double, std::milli> took = loop.now() - begun;
  board.metrics.health_check_ms.observe(took.count());
  if (healthy)
    exchange->respond({.headers = {{"content-type", net::wire::kJson}}, .body = "{}"});
  else
    exchange->respond(error_response(healthy.error(), {}));
}

void ReplicaServer::Impl::configure_logs() {
  const std::optional<LoggingConfig>& config = options.config.logging_config;
  Result<void> done = logger.configure(config.value_or(LoggingConfig{}));
  if (Result<void> lines = board.call_log.configure(config); !lines) done = std::move(lines);
  if (!done) logger.warn("cannot log there", {{"error", done.error().message}});
}

// What can be refused first: if it is, everything stays as it was.
Task<void> ReplicaServer::Impl::take_settings(net::ExchangePtr exchange) {
  auto settings = detail::from_json<spec::RunningSettings>(exchange->request().body, UnknownKeys::Ignore);
  Result<void> taken;
  if (!settings) {
    taken = std::unexpected(std::move(settings.error()));
  } else if (taken = check_batching(*settings);
             taken && settings->user_config && settings->user_config != options.config.user_config) {
    auto reconfiguring = host.reconfigure(*settings->user_config);
    taken = co_await reconfiguring;
    if (taken) shared_answers.clear();
  }
  if (!taken) {
    exchange->respond(error_response(taken.error(), {}));
    co_return;
  }
  options.config.max_ongoing_requests = settings->max_ongoing_requests;
  options.config.request_timeout_s = settings->request_timeout_s;
  options.config.graceful_shutdown_timeout_s = settings->graceful_shutdown_timeout_s;
  options.config.user_config = std::move(settings->user_config);
  options.config.logging_config = std::move(settings->logging_config);
  configure_logs();
  self_report.set_terms(*settings);
  take_batching(*settings);
  shared_answers.configure(options.config.response_cache);
  exchange->respond({.headers = {{"content-type", net::wire::kJson}}, .body = "{}"});
}

// Turned away before anything has started: always safe to send elsewhere.
void ReplicaServer::Impl::refuse(net::Exchange& exchange, std::string_view why, const Error& error) {
  board.metrics.refused.add();
  net::Response response = error_response(error, exchange.request().headers.get(net::wire::kRequestId).value_or(""));
  response.headers.add(net::wire::kRefused, why);
  response.headers.add(net::wire::kQueue, std::to_string(board.admission.ongoing()));
  exchange.respond(std::move(response));
}

void ReplicaServer::Impl::complete(RequestContext& context) const {
  if (context.deadline == TimePoint::max() && options.config.request_timeout_s > 0)
    context.deadline = loop.now() + of_seconds(options.config.request_timeout_s);
  if (context.application.empty()) context.application = options.application;
}

void ReplicaServer::Impl::handle_call(net::ExchangePtr exchange, std::shared_ptr<RequestContext> context) {
  const net::Request& request = exchange->request();
  const auto connection = exchange->connection_id();
  if (draining)
    return refuse(*exchange, "draining", {.code = ErrorCode::Unavailable, .message = options.id + " is shutting down"});
  const auto servable = host.servable();
  if (!servable)
    return refuse(*exchange, "full", {.code = ErrorCode::Unavailable, .message = options.id + " is not ready"});
  const std::string_view named = method_name(request);
  const spec::MethodSpec* const method = find_method(*servable, named);
  if (!method)
    return refuse(
        *exchange, "no-method",
        {.code = ErrorCode::NotFound, .message = options.deployment + " has no method '" + std::string(named) + "'"});
  const MethodTerms terms = servable->terms(*method);
  if (terms.runs == MethodTerms::Runs::Aside) {
    scope.spawn(answer_aside(std::move(exchange), method, servable));
    return;
  }
  fit_places();
  auto query = shared_answers.ask(request, *method);
  if (query && answers_without_place(*query, exchange)) return;
  const TimePoint now = loop.now();
  const bool admitted = board.admission.admit(connection, waiting_requests(request), now);
  places_changed();
  if (!admitted)
    return refuse(*exchange, "full",
                  {.code = ErrorCode::Overloaded,
                   .message = options.id + " runs max_ongoing_requests already",
                   .retry_after_s = 1});
  if (!context) context = decode_context(request, now);
  complete(*context);
  if (query) exchange = shared_answers.lead(std::move(*query), std::move(exchange), context);
  ActiveCall::make(board, std::move(exchange), std::move(context), servable, now)->start(*method, terms);
}

// After every change of admission: announces new grants and sets the timer for those that may lapse.
void ReplicaServer::Impl::places_changed() {
  if (closing) return;
  if (board.admission.waiters() > 0)
    for (const Admission::Grant& grant : board.admission.grant(loop.now()))
      tell(grant.connection, {.grant = grant.count});
  const auto lapse = board.admission.next_lapse();
  if (lapse && lapse_timer == 0)
    lapse_timer = loop.at(*lapse, [this] {
      lapse_timer = 0;
      board.admission.expire(loop.now());
      places_changed();
    });
  report_load_later();
  if (draining && board.admission.ongoing() == 0) drained();
}

void ReplicaServer::Impl::disconnected(std::uint64_t connection) {
  for (const auto& [name, member] : members) member->disconnected(connection);
  slots.forget(connection);
  states.forget(connection);
  board.admission.forget(connection);
  places_changed();
}

ReplicaServer::ReplicaServer(Loop& loop, Compute& compute, Metrics& metrics, Logger& logger, net::ReceiveBudget& budget,
                             ReplicaOptions options, MakeServable make)
    : impl_(std::make_unique<Impl>(loop, compute, metrics, logger, budget, std::move(options), std::move(make))) {}

ReplicaServer::~ReplicaServer() = default;
void ReplicaServer::listen(int fd) { impl_->server.listen(fd); }
void ReplicaServer::accept(int fd) { impl_->server.accept(fd); }
void ReplicaServer::handle(net::ExchangePtr exchange, std::shared_ptr<RequestContext> context) {
  impl_->handle_call(std::move(exchange), std::move(context));
}
void ReplicaServer::start() { impl_->host.start(); }
void ReplicaServer::drain(std::move_only_function<void(bool clean)> done) { impl_->drain(std::move(done)); }
spec::ReplicaState ReplicaServer::state() const { return impl_->state(); }
void ReplicaServer::on_state(std::function<void(const spec::ReplicaState&)> callback) {
  impl_->on_state = std::move(callback);
}
void ReplicaServer::set_models(std::vector<std::string> model_ids) {
  impl_->self_report.set_models(std::move(model_ids));
}
std::size_t ReplicaServer::waiters() const { return impl_->board.admission.waiters(); }
std::size_t ReplicaServer::open_streams() const { return impl_->board.streams; }
std::size_t ReplicaServer::connections() const { return impl_->server.stats().connections; }

}  // namespace manta::replica
