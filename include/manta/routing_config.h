#pragma once

#include <map>
#include <string>

#include <boost/describe/class.hpp>

#include <manta/tensor.h>

namespace manta {

// How callers choose among the replicas of a deployment.
struct RequestRouterConfig {
  std::string request_router_class = "power_of_two";  // a policy's name, or Ray Serve's class path of it
  Json request_router_kwargs{"{}"};                   // a JSON object for the policy
  double initial_backoff_s = 0.025;  // fallback only: freed places are announced, nobody polls for them
  double backoff_multiplier = 2;
  double max_backoff_s = 0.5;
  bool operator==(const RequestRouterConfig&) const = default;
};
BOOST_DESCRIBE_STRUCT(RequestRouterConfig, (),
                      (request_router_class, request_router_kwargs, initial_backoff_s, backoff_multiplier,
                       max_backoff_s))

// What a calling process lets in besides max_queued_requests, and in which order the waiting are served: higher
// priority first, then tenants by weight, then by age.
struct AdmissionConfig {
  double max_queued_bytes = 0;       // bodies that wait; 0 = no limit; beyond it: Overloaded
  double max_queue_age_s = 0;        // a request that waited longer fails with Overloaded; 0 = until its deadline
  double requests_per_s = 0;         // token bucket; 0 = no limit; beyond it: 429 with Retry-After
  double burst = 0;                  // its size; 0 = one second's worth, at least 1
  double tenant_requests_per_s = 0;  // the same for each tenant (header x-tenant-id)
  double tenant_burst = 0;
  std::map<std::string, double> tenant_weights;  // shares of tenants while requests wait; others have 1
  bool operator==(const AdmissionConfig&) const = default;
};
BOOST_DESCRIBE_STRUCT(AdmissionConfig, (),
                      (max_queued_bytes, max_queue_age_s, requests_per_s, burst, tenant_requests_per_s, tenant_burst,
                       tenant_weights))

// When a caller keeps away from a replica that fails. Answers below 500, 429 and 503 are no failures.
struct CircuitBreakerConfig {
  int failure_threshold = 0;  // failures within the window that open it; 0 = never
  double window_s = 30;
  double open_s = 10;            // how long no request is sent; then single ones probe
  int success_threshold = 3;     // probes in a row that close it
  double max_open_percent = 50;  // of the replicas; further ones stay in use whatever they do
  bool operator==(const CircuitBreakerConfig&) const = default;
};
BOOST_DESCRIBE_STRUCT(CircuitBreakerConfig, (),
                      (failure_threshold, window_s, open_s, success_threshold, max_open_percent))

}  // namespace manta
