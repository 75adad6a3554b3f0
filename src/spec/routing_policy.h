#pragma once

#include <span>
#include <string>
#include <string_view>

#include <boost/describe/class.hpp>

#include <manta/error.h>
#include <manta/routing_config.h>

namespace manta::spec {

// request_router_kwargs of consistent_hash.
struct ConsistentHashOptions {
  double load_factor = 1.25;  // a replica with more than this times the mean load is passed over
  int vnodes = 100;           // points of a replica on the ring; more of them share the keys out more evenly
  int min_load = 2;           // requests that a replica always may have, whatever the mean
};
BOOST_DESCRIBE_STRUCT(ConsistentHashOptions, (), (load_factor, vnodes, min_load))

// request_router_kwargs of locality_first.
struct LocalityFirstOptions {
  double spill_at = 1;  // share of max_ongoing_requests from which on a replica of the own node counts as full
};
BOOST_DESCRIBE_STRUCT(LocalityFirstOptions, (), (spill_at))

// A routing policy with its options, all of them checked. Those of other policies have their defaults.
struct RoutingPolicy {
  std::string_view name;    // one of routing_policy_names(), or kCustomPolicy
  std::string custom = {};  // then: which one of the application's own
  ConsistentHashOptions consistent_hash = {};
  LocalityFirstOptions locality_first = {};
};

inline constexpr std::string_view kCustomPolicy = "custom";

std::span<const std::string_view> routing_policy_names();
// The path of Ray Serve's class for a policy, "module:Class"; empty: it has none.
std::string_view ray_router_class(std::string_view policy);

// The policy that `config` names: by its name, by the path of Ray Serve's class, or as "custom:<name>". InvalidArgument
// says which there are and which name is near, or what is wrong with the options; its detail is the member of `config`.
Result<RoutingPolicy> read_routing_policy(const RequestRouterConfig& config);

}  // namespace manta::spec
