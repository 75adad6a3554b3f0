#include "replica/replica_metrics.h"

#include <utility>

namespace manta::replica {

ReplicaMetrics::ReplicaMetrics(Metrics& metrics, Labels labels)
    : ongoing(metrics.gauge("replica_processing_queries", "Requests that run on the replica.", labels)),
      abandoned_now(
          metrics.gauge("manta_replica_abandoned_queries", "Of these, running though their caller has gone.", labels)),
      abandoned(metrics.counter("manta_replica_abandoned", "Calls that ran on after their caller had gone.", labels)),
      refused(metrics.counter("manta_replica_refused", "Requests turned away before they started.", labels)),
      metrics_(metrics),
      labels_(std::move(labels)) {}

Labels ReplicaMetrics::with(const std::string& key, const std::string& value) const {
  Labels labels = labels_;
  labels[key] = value;
  return labels;
}

ReplicaMetrics::Route& ReplicaMetrics::route(const std::string& route) {
  const auto known = routes_.find(route);
  if (known != routes_.end()) return known->second;
  if (routes_.size() >= kMaxRoutes && !route.empty()) return this->route({});
  const Labels labels = with("route", route);
  return routes_
      .emplace(route,
               Route{metrics_.counter("deployment_request_counter", "Requests the replica has answered.", labels),
                     metrics_.histogram("deployment_processing_latency_ms", "From admission to the end of the answer.",
                                        labels)})
      .first->second;
}

void ReplicaMetrics::count_error(const std::string& type) {
  auto known = errors_.find(type);
  if (known == errors_.end())
    known = errors_
                .emplace(type, metrics_.counter("deployment_error_counter", "Requests that ended with an error.",
                                                with("exception_type", type)))
                .first;
  known->second.add();
}

}  // namespace manta::replica
