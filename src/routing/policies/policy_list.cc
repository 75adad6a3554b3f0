#include "routing/policies/policy_list.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "routing/policies/consistent_hash.h"
#include "routing/policies/least_loaded.h"
#include "routing/policies/locality_first.h"
#include "routing/policies/power_of_two.h"
#include "routing/policies/round_robin.h"
#include "spec/routing_policy.h"

namespace manta::routing {
namespace {

struct Entry {
  std::string_view name;
  Policy (*make)(const spec::RoutingPolicy& options);
};

constexpr std::array kPolicies{
    Entry{"power_of_two", [](const spec::RoutingPolicy&) { return Policy(power_of_two); }},
    Entry{"round_robin", [](const spec::RoutingPolicy&) { return round_robin(); }},
    Entry{"least_loaded", [](const spec::RoutingPolicy&) { return Policy(least_loaded); }},
    Entry{"consistent_hash", [](const spec::RoutingPolicy& with) { return consistent_hash(with.consistent_hash); }},
    Entry{"locality_first", [](const spec::RoutingPolicy& with) { return locality_first(with.locality_first); }},
};

}  // namespace

Result<Policy> make_policy(const RequestRouterConfig& config, const CustomPolicies& custom) {
  const auto policy = spec::read_routing_policy(config);
  if (!policy) return std::unexpected(policy.error());
  if (!policy->custom.empty()) {
    const auto own = custom.find(policy->custom);
    if (own != custom.end()) return own->second(config.request_router_kwargs.text);
    return fail(ErrorCode::InvalidArgument, "this caller has no routing policy '" + policy->custom + "' of its own");
  }
  const auto* const entry = std::ranges::find(kPolicies, policy->name, &Entry::name);
  if (entry != kPolicies.end()) return entry->make(*policy);
  return fail(ErrorCode::Internal, "routing policy '" + std::string(policy->name) + "' is named and not there");
}

Result<Policy> make_policy(const std::string& name, const CustomPolicies& custom) {
  return make_policy({.request_router_class = name}, custom);
}

bool chooses_by_request(const RequestRouterConfig& config) {
  const auto policy = spec::read_routing_policy(config);
  return policy && (policy->name == "consistent_hash" || policy->name == spec::kCustomPolicy);
}

}  // namespace manta::routing
