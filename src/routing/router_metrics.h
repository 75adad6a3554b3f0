#pragma once

#include <string>

#include "base/metrics.h"

namespace manta::routing {

// The series of one (process, deployment, handle); those of several loops are the same series and add up.
struct RouterMetrics {
  CounterMetric requests, refused_by_queue, refused_by_replica;
  GaugeMetric queued, in_flight;
  HistogramMetric fulfillment_ms;

  RouterMetrics(Metrics& metrics, const Labels& labels)
      : requests(metrics.counter("num_router_requests", "Requests that asked for a replica.", labels)),
        refused_by_queue(
            metrics.counter("manta_router_overloaded", "Requests turned away as the queue was full.", labels)),
        refused_by_replica(
            metrics.counter("manta_router_refusals", "Requests a replica turned away; sent again.", labels)),
        queued(metrics.gauge("deployment_queued_queries", "Requests that wait for a replica.", labels)),
        in_flight(metrics.gauge("num_ongoing_requests_at_replicas", "Requests sent and not yet answered.", labels)),
        fulfillment_ms(metrics.histogram(
            "request_router_fulfillment_time_ms",
            "From asking for a replica until there was a place on one, if it was not at once.", labels)) {}
};

}  // namespace manta::routing
