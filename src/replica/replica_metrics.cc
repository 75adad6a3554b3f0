#include "replica/replica_metrics.h"

#include <algorithm>
#include <utility>

namespace manta::replica {

namespace {

Labels of_deployment(Labels labels) {
  labels.erase("replica");
  return labels;
}

}  // namespace

ReplicaMetrics::ReplicaMetrics(Metrics& metrics, Labels labels)
    : ongoing(metrics.gauge("replica_processing_queries", "Requests that run on the replica.", labels)),
      abandoned_now(
          metrics.gauge("manta_replica_abandoned_queries", "Of these, running though their caller has gone.", labels)),
      abandoned(metrics.counter("manta_replica_abandoned", "Calls that ran on after their caller had gone.", labels)),
      refused(metrics.counter("manta_replica_refused", "Requests turned away before they started.", labels)),
      health_check_ms(metrics.histogram("health_check_latency_ms", "Time a health check took.", of_deployment(labels))),
      metrics_(metrics),
      labels_(std::move(labels)),
      utilization_(metrics.gauge("replica_utilization_percent", "Ongoing requests by max_ongoing_requests.", labels_)),
      max_latency_(metrics.gauge("deployment_max_processing_latency_ms",
                                 "The longest processing latency since the last scrape.", labels_)) {}

Labels ReplicaMetrics::with(const std::string& key, const std::string& value) const {
  Labels labels = labels_;
  labels[key] = value;
  return labels;
}

ReplicaMetrics::Route& ReplicaMetrics::route(const std::string& route) {
  if (!last_ || last_->first != route) last_ = &*find(route);
  return last_->second;
}

ReplicaMetrics::Routes::iterator ReplicaMetrics::find(const std::string& route) {
  const auto known = routes_.find(route);
  if (known != routes_.end()) return known;
  if (routes_.size() >= kMaxRoutes && !route.empty()) return find({});
  const Labels labels = with("route", route);
  return routes_
      .emplace(route,
               Route{metrics_.counter("deployment_request_counter", "Requests the replica has answered.", labels),
                     metrics_.histogram("deployment_processing_latency_ms", "From admission to the end of the answer.",
                                        labels)})
      .first;
}

void ReplicaMetrics::answered(const std::string& route, double latency_ms) {
  Route& series = this->route(route);
  series.requests.add();
  series.latency_ms.observe(latency_ms);
  longest_ms_ = std::max(longest_ms_, latency_ms);
}

void ReplicaMetrics::refresh(int ongoing_now, int max_ongoing) {
  utilization_.set(100.0 * ongoing_now / std::max(1, max_ongoing));
  max_latency_.set(std::exchange(longest_ms_, 0));
}

void ReplicaMetrics::count_error(const std::string& route, const std::string& type) {
  const std::string shown = routes_.size() < kMaxRoutes || routes_.contains(route) ? route : std::string();
  auto known = errors_.find({shown, type});
  if (known == errors_.end()) {
    Labels labels = with("route", shown);
    labels["exception_type"] = type;
    known = errors_
                .emplace(std::pair(shown, type),
                         metrics_.counter("deployment_error_counter", "Requests that ended with an error.", labels))
                .first;
  }
  known->second.add();
}

}  // namespace manta::replica
