#include "api/custom_policies.h"

#include <exception>
#include <utility>

#include "routing/policies/power_of_two.h"

namespace manta::api {
namespace {

class CustomPolicy {
 public:
  explicit CustomPolicy(RoutingFunction function) : function_(std::move(function)) {}

  std::optional<std::size_t> operator()(std::span<const routing::ReplicaLoad> candidates,
                                        const routing::PolicyInput& input, routing::Rng& rng) {
    if (candidates.empty()) return std::nullopt;
    replicas_.clear();
    for (const routing::ReplicaLoad& replica : candidates)
      replicas_.push_back({.id_hash = replica.id_hash,
                           .in_flight = replica.in_flight,
                           .load = routing::load_at(replica, input.now),
                           .max_ongoing_requests = replica.max_ongoing,
                           .same_node = replica.same_node,
                           .same_zone = replica.same_zone,
                           .model_ids = models_of(replica),
                           .stats = stats_of(replica)});
    const auto choice = ask(input.request);
    return choice && *choice < candidates.size() ? choice : routing::power_of_two(candidates, input, rng);
  }

 private:
  static std::span<const std::string> models_of(const routing::ReplicaLoad& replica) {
    if (!replica.told || !replica.told->models) return {};
    return *replica.told->models;
  }
  static const std::map<std::string, double>* stats_of(const routing::ReplicaLoad& replica) {
    return replica.told && replica.told->routing_stats ? &*replica.told->routing_stats : nullptr;
  }
  std::optional<std::size_t> ask(const RequestContext* request) {
    RoutingRequest about;
    if (request)
      about = {.request_id = request->request_id,
               .session_id = request->session_id,
               .tenant = request->tenant,
               .multiplexed_model_id = request->multiplexed_model_id,
               .priority = request->priority};
    try {
      return function_(replicas_, about);
    } catch (...) {  // of the user: the request goes on
      return std::nullopt;
    }
  }

  RoutingFunction function_;
  std::vector<RoutingReplica> replicas_;  // kept for its room
};

RoutingFunction made_by(const CustomRoutingPolicy& policy, const std::string& options) {
  RoutingFunction nobody = [](std::span<const RoutingReplica> replicas, const RoutingRequest&) {
    return replicas.size();
  };
  try {
    auto made = policy.make(options);
    return made ? made : nobody;
  } catch (...) {  // it takes no such options
    return nobody;
  }
}

}  // namespace

routing::CustomPolicies custom_policies(const std::vector<CustomRoutingPolicy>& policies) {
  routing::CustomPolicies made;
  for (const CustomRoutingPolicy& policy : policies)
    made[policy.name] = [policy](const std::string& options) {
      return routing::Policy(CustomPolicy(made_by(policy, options)));
    };
  return made;
}

}  // namespace manta::api
