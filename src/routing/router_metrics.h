#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/metrics.h"

namespace manta::routing {

// Why a request is not served.
enum class TurnedAway { QueueCount, QueueBytes, QueueAge, Displaced, Hopeless, Rate, TenantRate };
inline constexpr std::array<std::string_view, 7> kTurnedAwayReasons{
    "queue_count", "queue_bytes", "queue_age", "displaced", "hopeless", "rate", "tenant_rate"};

// What one router adds to a gauge that those of several loops share.
class GaugeShare {
 public:
  explicit GaugeShare(GaugeMetric gauge) : gauge_(gauge) {}
  void set(std::size_t value) {
    if (value == value_) return;
    gauge_.add(static_cast<double>(value) - static_cast<double>(value_));
    value_ = value;
  }

 private:
  GaugeMetric gauge_;
  std::size_t value_ = 0;
};

// The series of one (process, deployment, handle); those of several loops are the same series and add up.
class RouterMetrics {
 public:
  RouterMetrics(Metrics& metrics, const Labels& labels, const std::string& handle_source)
      : refused_by_queue(
            metrics.counter("manta_router_overloaded", "Requests turned away as the queue was full.", labels)),
        refused_by_replica(
            metrics.counter("manta_router_refusals", "Requests a replica turned away; sent again.", labels)),
        queued(metrics.gauge("deployment_queued_queries", "Requests that wait for a replica.", labels)),
        queued_bytes(metrics.gauge("manta_router_queued_bytes", "Bodies of requests that wait for a replica.", labels)),
        in_flight(metrics.gauge("num_ongoing_requests_at_replicas", "Requests sent and not yet answered.", labels)),
        fulfillment_ms(metrics.histogram(
            "request_router_fulfillment_time_ms",
            "From asking for a replica until there was a place on one, if it was not at once.", labels)),
        open_breakers(metrics.gauge("manta_router_open_breakers", "Replicas that are kept away from.", labels)),
        breaker_openings(metrics.counter("manta_router_breaker_openings", "Times that a replica began to be.", labels)),
        tasks(metrics.gauge("num_scheduling_tasks", "Requests for which a replica is looked for.",
                            with_source(labels, handle_source))),
        tasks_in_backoff(metrics.gauge("num_scheduling_tasks_in_backoff",
                                       "Those of them for which all replicas have been found full.",
                                       with_source(labels, handle_source))),
        metrics_(metrics),
        labels_(labels) {
    for (const std::string_view reason : kTurnedAwayReasons) {
      Labels with = labels;
      with["reason"] = reason;
      turned_away_.push_back(
          metrics.counter("manta_router_turned_away", "Requests that were not let in or not kept.", with));
    }
  }

  void count_turned_away(TurnedAway why) { turned_away_[static_cast<std::size_t>(why)].add(); }

  // A request asks for a replica. Beyond kMaxRoutes all others share the series of the empty route.
  void count_request(std::string_view route) {
    if (!last_ || last_->first != route) last_ = &*of_route(route);
    last_->second.add();
  }

  CounterMetric refused_by_queue, refused_by_replica;
  GaugeMetric queued, queued_bytes, in_flight;
  HistogramMetric fulfillment_ms;
  GaugeMetric open_breakers;
  CounterMetric breaker_openings;
  GaugeShare tasks, tasks_in_backoff;

 private:
  static constexpr std::size_t kMaxRoutes = 64;
  using Requests = std::map<std::string, CounterMetric, std::less<>>;

  Requests::iterator of_route(std::string_view route) {
    const auto known = requests_.find(route);
    if (known != requests_.end()) return known;
    if (requests_.size() >= kMaxRoutes && !route.empty()) return of_route({});
    return requests_.emplace(route, counter(route)).first;
  }

  static Labels with_source(Labels labels, const std::string& handle_source) {
    labels["handle_source"] = handle_source;
    return labels;
  }

  CounterMetric counter(std::string_view route) const {
    Labels labels = labels_;
    labels["route"] = route;
    return metrics_.counter("num_router_requests", "Requests that asked for a replica.", labels);
  }

  std::vector<CounterMetric> turned_away_;  // by TurnedAway
  Metrics& metrics_;
  const Labels labels_;
  Requests requests_;                     // by route
  Requests::value_type* last_ = nullptr;  // of the last request: most have the same route
};

}  // namespace manta::routing
