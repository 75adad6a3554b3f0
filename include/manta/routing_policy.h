#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>

namespace manta {

// A replica that may take the request now, as the caller knows it.
struct RoutingReplica {
  std::uint64_t id_hash = 0;                    // of the replica's id: the same at every caller
  int in_flight = 0;                            // requests of this caller on it
  int load = 0;                                 // the same and those of others, by its last answer
  int max_ongoing_requests = 0;                 // it may take the request all the same: others' figures are estimates
  bool same_node = false;                       // as the caller
  bool same_zone = false;                       // as the caller, as far as the labels of the nodes say
  std::span<const std::string> model_ids = {};  // multiplexed models it has loaded
  const std::map<std::string, double>* stats = nullptr;  // record_routing_stats() of the replica; null: none yet
};

// The request that is to be sent. The views last as long as the call of the policy.
struct RoutingRequest {
  std::string_view request_id, session_id, tenant, multiplexed_model_id;
  int priority = 0;
};

// Returns the index of the replica to send to; there is one at least, and their order says nothing. Called for each
// request on the strand of the replica that calls, so it must be quick and must not wait. If it throws or returns no
// index, power_of_two chooses.
using RoutingFunction = std::function<std::size_t(std::span<const RoutingReplica>, const RoutingRequest&)>;

// A policy of the application's own (Application::routing_policies), named "custom:<name>" as request_router_class and
// in CallOptions. `make` gets request_router_kwargs as JSON text, once for each deployment called with it in a process.
// Handles in replicas can use it; the HTTP proxy runs no code of applications, so the ingress deployment cannot.
struct CustomRoutingPolicy {
  std::string name;
  std::function<RoutingFunction(const std::string& kwargs)> make;
};

}  // namespace manta
