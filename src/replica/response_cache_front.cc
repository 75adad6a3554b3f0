#include "replica/response_cache_front.h"

#include <chrono>
#include <unordered_map>
#include <utility>

#include "base/of_seconds.h"
#include "net/wire.h"
#include "replica/response_cache.h"
#include "replica/response_cache_flight.h"
#include "replica/response_cache_key.h"
#include "spec/batching.h"

namespace manta::replica {
namespace {

// Made when there is a cache.
struct CacheFigures {
  CacheFigures(Metrics& metrics, const Labels& labels)
      : hits(requests(metrics, labels, "hit")),
        misses(requests(metrics, labels, "miss")),
        joined(requests(metrics, labels, "joined")),
        evictions(
            metrics.counter("manta_response_cache_evictions", "Kept answers that went for want of room.", labels)),
        bytes(metrics.gauge("manta_response_cache_bytes", "Bytes of keys and answers kept.", labels)) {}

  CounterMetric hits, misses, joined, evictions;
  GaugeMetric bytes;

 private:
  static CounterMetric requests(Metrics& metrics, Labels labels, const char* result) {
    labels["result"] = result;
    return metrics.counter("manta_response_cache_requests",
                           "Requests whose answers may be shared, by what became of them.", labels);
  }
};

}  // namespace

// Shared with the runs.
struct ResponseCacheFront::State : std::enable_shared_from_this<State> {
  using Flight = ResponseCacheFlight;

  State(Loop& on, Metrics& registry, Labels with, ReplicaMetrics& replica)
      : loop(on), metrics(registry), labels(std::move(with)), calls(replica) {}

  void show() {
    figures->bytes.set(static_cast<double>(cache.bytes()));
    const std::size_t evicted = cache.evictions() - std::exchange(shown_evictions, cache.evictions());
    figures->evictions.add(static_cast<double>(evicted));
  }

  void landed(const Query& query) {
    const auto flight = flights.find(query.key);
    if (query.shared && query.era == era && flight != flights.end()) flights.erase(flight);
  }

  void keep(const Query& query, const net::Response& response) {
    if (!config || config->ttl_s <= 0 || query.era != era || !may_be_kept(response)) return;
    net::Response kept = response;
    kept.headers.remove(net::wire::kQueue);
    cache.keep(query.key, std::move(kept), loop.now() + of_seconds(config->ttl_s));
    show();
  }

  Flight::Events events_of(const std::shared_ptr<const Query>& query) {
    const auto self = shared_from_this();
    return {.ended =
                [self, query](const net::Response& response) {
                  self->landed(*query);
                  self->keep(*query, response);
                },
            .empty = [self, query] { self->landed(*query); },
            .too_late =
                [self](const RequestContext& context) {
                  self->calls.count_error(context.route, std::string(name(ErrorCode::DeadlineExceeded)));
                },
            .joined = [self](const RequestContext& context, double ms) { self->calls.answered(context.route, ms); }};
  }

  Loop& loop;
  Metrics& metrics;
  const Labels labels;
  ReplicaMetrics& calls;
  std::optional<CacheFigures> figures;
  std::optional<ResponseCacheConfig> config;
  ResponseCache cache{0};
  std::unordered_map<std::string, std::weak_ptr<Flight>> flights;  // of this era, by key
  std::size_t era = 0;                                             // rises when what was made before holds no longer
  std::size_t shown_evictions = 0;
};

ResponseCacheFront::ResponseCacheFront(Loop& loop, Metrics& metrics, Labels labels, ReplicaMetrics& figures)
    : state_(std::make_shared<State>(loop, metrics, std::move(labels), figures)) {}

ResponseCacheFront::~ResponseCacheFront() = default;

void ResponseCacheFront::configure(std::optional<ResponseCacheConfig> config) {
  state_->config = std::move(config);
  const bool keeps = state_->config && state_->config->ttl_s > 0;
  state_->cache.set_max_bytes(keeps ? static_cast<std::size_t>(state_->config->max_bytes) : 0);
  if (!state_->config) return;
  if (!state_->figures) state_->figures.emplace(state_->metrics, state_->labels);
  state_->show();
}

void ResponseCacheFront::clear() {
  ++state_->era;
  state_->flights.clear();
  state_->cache.clear();
  if (state_->config) state_->show();
}

std::optional<ResponseCacheFront::Query> ResponseCacheFront::ask(const net::Request& request,
                                                                 const spec::MethodSpec& method) const {
  const auto& config = state_->config;
  if (!config || !spec::keeps_answers(*config, method)) return std::nullopt;
  if (static_cast<double>(request.body.size()) > config->max_bytes) return std::nullopt;
  const CacheControl control = cache_control(request.headers);
  if (control.no_store) return std::nullopt;
  return Query{.key = cache_key(request, method),
               .fresh = control.no_cache,
               .shared = config->single_flight && !control.no_cache,
               .era = state_->era};
}

bool ResponseCacheFront::answer(const Query& query, const net::ExchangePtr& exchange,
                                const std::shared_ptr<RequestContext>& context, int queue) {
  State& state = *state_;
  if (query.fresh) return false;
  if (const net::Response* const kept = state.cache.find(query.key, state.loop.now())) {
    net::Response response = *kept;
    response.headers.set(net::wire::kCache, "hit");
    response.headers.set(net::wire::kQueue, std::to_string(queue));
    exchange->respond(std::move(response));
    state.figures->hits.add();
    state.calls.answered(context->route, 0);
    return true;
  }
  if (!query.shared) return false;
  const auto found = state.flights.find(query.key);
  const auto flight = found == state.flights.end() ? nullptr : found->second.lock();
  if (!flight) return false;
  flight->wait(exchange, context);
  state.figures->joined.add();
  return true;
}

net::ExchangePtr ResponseCacheFront::lead(Query query, net::ExchangePtr exchange,
                                          const std::shared_ptr<RequestContext>& context) {
  State& state = *state_;
  state.figures->misses.add();
  const auto shared = std::make_shared<const Query>(std::move(query));
  const auto flight = std::make_shared<ResponseCacheFlight>(state.loop, *exchange, state.events_of(shared));
  auto waiter = std::make_shared<RequestContext>();
  waiter->request_id = context->request_id;
  waiter->route = context->route;
  waiter->deadline = std::exchange(context->deadline, RequestContext::TimePoint::max());
  flight->wait(std::move(exchange), std::move(waiter));
  if (shared->shared) state.flights[shared->key] = flight;
  return flight;
}

}  // namespace manta::replica
