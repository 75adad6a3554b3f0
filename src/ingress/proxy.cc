#include "ingress/proxy.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/pooled.h"
#include "ingress/error_reply.h"
#include "ingress/forwarding.h"
#include "ingress/outbound.h"
#include "net/wire.h"

namespace manta::ingress {
namespace {

std::string_view path_of(std::string_view target) { return target.substr(0, target.find('?')); }

// For requests that no deployment gets to see: what cannot be read counts as not given.
RequestTerms lenient_terms(const net::ExchangePtr& exchange) {
  return read_terms(exchange->request().headers).value_or(RequestTerms{});
}

constexpr double kLongestTimeout_s = 10.0 * 365 * 24 * 3600;

// By the client.
std::optional<Duration> time_given(const RequestTerms& terms) {
  if (!terms.timeout_s || *terms.timeout_s <= 0) return std::nullopt;
  return std::chrono::duration_cast<Duration>(
      std::chrono::duration<double>(std::min(*terms.timeout_s, kLongestTimeout_s)));
}

}  // namespace

Proxy::Proxy(const ProxyEnvironment& environment, ProxySettings settings)
    : loop_(environment.loop),
      dispatchers_(environment.dispatchers),
      bodies_(environment.bodies),
      collector_(environment.collector),
      roll_call_(environment.roll_call),
      settings_(std::move(settings)),
      metrics_(environment.metrics, settings_.node_id, settings_.node_ip),
      keeper_{loop_.clock(), metrics_, environment.access_log},
      ids_(settings_.seed),
      view_(first_view(settings_.root_path)),
      shadows_(loop_, environment.metrics, environment.shadow_counts),
      traffic_(dispatchers_, metrics_, environment.metrics, shadows_, settings_.seed),
      requests_(loop_),
      hostings_(loop_, environment.start_hosted) {
  for (const SystemPage& page : system_pages()) page_series_.push_back(&metrics_.page(std::string(page.path)));
}

void Proxy::update(RoutingView view) {
  const bool same_routes = view.routes == view_.routes;
  view_ = std::move(view);
  if (view_.snapshot) hostings_.update(view_.snapshot);
  if (!same_routes) rebuild_routes();
}

DoorState Proxy::state() const {
  const spec::RoutingSnapshot* const snapshot = view_.snapshot.get();
  const bool node_goes =
      snapshot && std::ranges::find(snapshot->draining_nodes, settings_.node_id) != snapshot->draining_nodes.end();
  return {snapshot, draining_ || node_goes, settings_.is_head};
}

void Proxy::rebuild_routes() {
  const RouteTable& table = *view_.routes;
  metrics_.begin_table();
  traffic_.rebuild(*view_.snapshot, table);
  targets_.clear();
  has_streams_ = std::ranges::any_of(table.routes(), &Route::takes_stream);
  for (const Route& route : table.routes()) {
    const bool is_document = route.method.empty();
    const auto& plans = traffic_.plans(route);
    Hosting* const hosting = is_document ? nullptr : hostings_.find(route.application, route.deployment);
    targets_.push_back({&metrics_.route({route.pattern, route.application, is_document ? "" : route.deployment}),
                        is_document || hosting ? nullptr : dispatchers_.at(route.application, route.deployment),
                        hosting, plans.empty() ? nullptr : &plans});
  }
  metrics_.end_table();
}

void Proxy::handle(net::ExchangePtr exchange) {
  const net::Request& request = exchange->request();
  const Verb verb = parse_verb(request.method);
  const std::string_view path = path_of(request.target);
  const RouteMatch match = view_.routes->match(verb, path);
  if (const SystemPage* page = find_page(view_.routes->without_root(path), match.route))
    return answer_page(std::move(exchange), verb, *page);
  if (match.route) return answer_route(std::move(exchange), verb, *match.route);
  answer_no_route(exchange, verb, match.allow);
}

bool Proxy::wants_stream(const net::Request& head) const {
  if (!has_streams_) return false;
  const std::string_view path = path_of(head.target);
  const Route* const route = view_.routes->match(parse_verb(head.method), path).route;
  return route && route->takes_stream && !find_page(view_.routes->without_root(path), route) &&
         head.headers.get("content-type").value_or("") != net::wire::kMsgPack;
}

const SystemPage* Proxy::find_page(std::string_view path, const Route* route) const {
  for (const SystemPage& page : system_pages())
    if (page.path == path) return !page.reserved && route && route->pattern == path ? nullptr : &page;
  return nullptr;
}

void Proxy::answer_page(net::ExchangePtr exchange, Verb verb, const SystemPage& page) {
  const auto index = static_cast<std::size_t>(&page - system_pages().data());
  RequestRecord record(keeper_, *page_series_[index], verb, exchange);
  if (verb != Verb::Get && verb != Verb::Head) {
    const Error error = verb_not_allowed(exchange->request().method, page.path, allow_header(kGetOrHead));
    return refuse(exchange, record, error, {}, kGetOrHead);
  }
  if (!page.page) {
    requests_.spawn(answer_metrics(std::move(record), std::move(exchange)));
    return;
  }
  if (page.of_all_loops && roll_call_) {
    const auto id = requests_.spawn(answer_for_all_loops(std::move(record), exchange, &page));
    exchange->when_closed([this, id] { requests_.cancel(id); });
    return;
  }
  end_page(exchange, record, lenient_terms(exchange), page.page(state()));
}

Task<void> Proxy::answer_for_all_loops(RequestRecord record, net::ExchangePtr exchange, const SystemPage* page) {
  auto answered = roll_call_->all_answered(&loop_);
  co_await answered;
  end_page(exchange, record, lenient_terms(exchange), page->page(state()));
}

void Proxy::end_page(const net::ExchangePtr& exchange, RequestRecord& record, const RequestTerms& terms,
                     net::Response page) {
  page.headers.add(net::wire::kRequestId, id_of(terms));
  record.end(page.status);
  exchange->respond(std::move(page));
}

void Proxy::answer_no_route(const net::ExchangePtr& exchange, Verb verb, VerbSet allow) {
  const net::Request& request = exchange->request();
  const std::string_view path = path_of(request.target);
  RequestRecord record(keeper_, metrics_.unmatched(), verb, exchange);
  const RequestTerms terms = lenient_terms(exchange);
  if (!view_.snapshot)
    return refuse(exchange, record, {.code = ErrorCode::Unavailable, .message = "Route table is not populated yet."},
                  terms);
  const Error error = allow == 0 ? path_not_found(path) : verb_not_allowed(request.method, path, allow_header(allow));
  refuse(exchange, record, error, terms, allow);
}

Task<void> Proxy::answer_metrics(RequestRecord record, net::ExchangePtr exchange) {
  net::Response page;
  page.body = co_await collector_.collect();
  page.headers.add("content-type", "text/plain; version=0.0.4; charset=utf-8");
  end_page(exchange, record, lenient_terms(exchange), std::move(page));
}

void Proxy::answer_route(net::ExchangePtr exchange, Verb verb, const Route& route) {
  RequestRecord record(keeper_, *targets_[route.index].series, verb, exchange);
  const auto terms = read_terms(exchange->request().headers, settings_.session_header);
  if (!terms) return refuse(exchange, record, terms.error(), {});
  if (exchange->body_stream() && !route.takes_stream)  // the routes have changed since its head came
    return refuse(exchange, record, {.code = ErrorCode::Unavailable, .message = "the routes have changed: try again"},
                  *terms);
  if (!route.method.empty()) return send_to_deployment(std::move(exchange), std::move(record), route, *terms);
  net::Response page{.status = 200, .body = *route.document};
  page.headers.add("content-type", route.document_type);
  end_page(exchange, record, *terms, std::move(page));
}

const TrafficPlan* Proxy::traffic_for(const Route& route, const net::Request& request) const {
  const auto* plans = targets_[route.index].traffic;
  return plans ? TrafficTable::find(*plans, view_.routes->without_root(path_of(request.target))) : nullptr;
}

void Proxy::send_to_deployment(net::ExchangePtr exchange, RequestRecord&& record, const Route& route,
                               const RequestTerms& terms) {
  auto context = context_of(route, terms);
  record.set_context(context);
  if (Hosting* const hosting = targets_[route.index].hosting)
    return send_to_hosted(*hosting, exchange, std::move(record), route, terms, std::move(context));
  const TrafficPlan* plan = traffic_for(route, exchange->request());
  const TrafficDestination* chosen = plan ? traffic_.choose(*plan, terms, exchange->request().headers) : nullptr;
  if (chosen) record.go_to(*chosen->series, plan->counts, chosen->target, time_given(terms));
  const bool outlives_client = terms.outlives_client;
  Forwarding request{
      .exchange = exchange,
      .dispatcher = chosen ? chosen->dispatcher : targets_[route.index].dispatcher,
      .outbound = {},
      .record = std::move(record),
      .error_as_json = prefers_json(terms, exchange->body_stream() ? std::string_view("{") : exchange->request().body),
      .outlives_client = outlives_client};
  const Route& taken = chosen ? chosen->route : route;
  request.outbound = make_outbound(exchange->request(), taken, terms, std::move(context), bodies_);
  if (plan && !exchange->body_stream() && traffic_.is_copied(*plan))
    shadows_.send(*plan->shadow, *plan->lane, plan->shadow_destination->dispatcher, request.outbound);
  const auto id = requests_.spawn(forwarding(std::move(request), taken));
  if (!outlives_client) exchange->when_closed([this, id] { requests_.cancel(id); });
}

void Proxy::send_to_hosted(Hosting& hosting, const net::ExchangePtr& exchange, RequestRecord&& record,
                           const Route& route, const RequestTerms& terms, std::shared_ptr<RequestContext> context) {
  const bool as_json = prefers_json(terms, exchange->request().body);
  hosting.send(make_pooled<HostedExchange>(loop_, HostedRequest{.client = exchange,
                                                                .request = make_local_request(*exchange, route, terms),
                                                                .context = std::move(context),
                                                                .record = std::move(record),
                                                                .error_as_json = as_json,
                                                                .outlives_client = terms.outlives_client}));
}

Task<void> Proxy::forwarding(Forwarding request, const Route& route) {
  if (!request.exchange->body_stream()) return forward(std::move(request));
  request.outbound.target.clear();  // the arguments are in the first line, not in the query
  auto lines = std::make_unique<BodyLines>(loop_, request.exchange, settings_.max_item_bytes);
  return forward_stream(loop_, std::move(request), std::move(lines), route.takes_values);
}

void Proxy::refuse(const net::ExchangePtr& exchange, RequestRecord& record, const Error& error,
                   const RequestTerms& terms, VerbSet allow) {
  const std::string id = id_of(terms);
  net::Response reply = error_reply(error, id, prefers_json(terms, exchange->request().body));
  if (allow != 0) reply.headers.add("allow", allow_header(allow));
  record.end(reply.status);
  exchange->respond(std::move(reply));
}

std::string Proxy::id_of(const RequestTerms& terms) {
  return terms.request_id.empty() ? ids_.next() : std::string(terms.request_id);
}

std::shared_ptr<RequestContext> Proxy::context_of(const Route& route, const RequestTerms& terms) {
  auto context = make_pooled<RequestContext>();
  context->request_id = id_of(terms);
  context->session_id = terms.session_id;
  context->traceparent = terms.traceparent;
  context->multiplexed_model_id = terms.model_id;
  context->priority = terms.priority;
  context->tenant = terms.tenant;
  context->route = route.pattern;
  context->application = route.application;
  const double timeout_s = std::min(terms.timeout_s.value_or(settings_.request_timeout_s), kLongestTimeout_s);
  if (timeout_s > 0)
    context->deadline = loop_.now() + std::chrono::duration_cast<Duration>(std::chrono::duration<double>(timeout_s));
  return context;
}

}  // namespace manta::ingress
