#pragma once

#include <map>
#include <string>

#include <boost/describe/class.hpp>

#include <manta/tensor.h>

namespace manta {

// How callers choose among the replicas of a deployment.
struct RequestRouterConfig {
  std::string request_router_class = "power_of_two";  // name of a policy, or Ray's class path of it
  // for the policy; `consistent_hash`: `load_factor` 1.25, `vnodes` 100, `min_load` 2; `locality_first`: `spill_at`
  // 1
  Json request_router_kwargs{"{}"};
  // pause before a full replica is tried again unasked; freed places are announced, so that this is a fallback
  double initial_backoff_s = 0.025;
  double backoff_multiplier = 2;                // each further pause is so many times as long
  double max_backoff_s = 0.5;                   // longest pause
  double request_routing_stats_period_s = 10;   // between calls of `record_routing_stats()` in a replica
  double request_routing_stats_timeout_s = 30;  // after which such a call counts as failed
  bool operator==(const RequestRouterConfig&) const = default;
};
BOOST_DESCRIBE_STRUCT(RequestRouterConfig, (),
                      (request_router_class, request_router_kwargs, initial_backoff_s, backoff_multiplier,
                       max_backoff_s, request_routing_stats_period_s, request_routing_stats_timeout_s))

// What a calling process lets in besides max_queued_requests, and in which order the waiting are served: higher
// priority first, then tenants by weight, then by age.
struct AdmissionConfig {
  double max_queued_bytes = 0;  // bodies that wait; beyond, callers get Overloaded; 0 = no limit
  double max_queue_age_s = 0;   // a request that has waited longer gets Overloaded; 0 = it waits until its deadline
  double requests_per_s = 0;    // token bucket; beyond, 429 with `Retry-After`; 0 = no limit
  double burst = 0;             // its size; 0 = one second's worth
  double tenant_requests_per_s = 0;              // the same for each tenant (header x-tenant-id)
  double tenant_burst = 0;                       // the same for each tenant
  std::map<std::string, double> tenant_weights;  // shares of tenants while requests wait; others have 1
  bool operator==(const AdmissionConfig&) const = default;
};
BOOST_DESCRIBE_STRUCT(AdmissionConfig, (),
                      (max_queued_bytes, max_queue_age_s, requests_per_s, burst, tenant_requests_per_s, tenant_burst,
                       tenant_weights))

// When a caller keeps away from a replica that fails. Answers below 500, 429 and 503 are no failures.
struct CircuitBreakerConfig {
  int failure_threshold = 0;     // failures within the window that open it; 0 = never
  double window_s = 30;          // seconds over which failures are counted
  double open_s = 10;            // no request is sent for this long, then single ones probe
  int success_threshold = 3;     // probes in a row that close it
  double max_open_percent = 50;  // of the replicas; further ones stay in use whatever they do
  bool operator==(const CircuitBreakerConfig&) const = default;
};
BOOST_DESCRIBE_STRUCT(CircuitBreakerConfig, (),
                      (failure_threshold, window_s, open_s, success_threshold, max_open_percent))

}  // namespace manta
