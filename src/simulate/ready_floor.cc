#include "simulate/ready_floor.h"

#include <algorithm>

namespace manta::simulate {
namespace {

// Written down once more, so that a change of the real rule shows.
int allowed_floor(const DeploymentConfig& config, int wanted) {
  if (config.max_surge_percent && *config.max_surge_percent > 0) return wanted;
  const int wave = std::max(1, static_cast<int>(config.rolling_update_percentage * wanted + 1e-6));
  return std::max(0, wanted - wave);
}

const control::Controller::Deployment* deployment_of(const control::Controller& controller,
                                                     const control::DeploymentKey& key) {
  const auto application = controller.applications().find(key.application);
  if (application == controller.applications().end() || application->second.deleting) return nullptr;
  const auto deployment = application->second.deployments.find(key.deployment);
  return deployment == application->second.deployments.end() ? nullptr : &deployment->second;
}

}  // namespace

std::string too_few_left(const control::Controller& controller, const Cluster& cluster, const std::string& replica_id) {
  const auto known = controller.replicas().find(replica_id);
  if (known == controller.replicas().end()) return {};
  const control::Controller::Replica& stopped = known->second;
  const control::Controller::Deployment* deployment = deployment_of(controller, stopped.view.key);
  const bool served = stopped.running_since != TimePoint{} && !stopped.view.unhealthy;
  if (deployment == nullptr || deployment->target.deleting || deployment->removed || !served) return {};
  if (!stopped.view.gang_id.empty()) return {};  // a broken gang ends as a whole
  const auto left = std::ranges::count_if(controller.replicas(), [&](const auto& entry) {
    const control::ReplicaView& view = entry.second.view;
    const bool runs = view.phase == control::ReplicaPhase::Running || view.phase == control::ReplicaPhase::Recovering;
    return view.key == stopped.view.key && runs && !view.unhealthy && !cluster.was_told_to_stop(view.id);
  });
  const int floor = allowed_floor(deployment->node.config, deployment->target.num_replicas);
  if (left >= floor) return {};
  return replica_id + " is stopped and leaves " + std::to_string(left) + " that serve, of " +
         std::to_string(deployment->target.num_replicas) + " wanted at least " + std::to_string(floor) + " must";
}

}  // namespace manta::simulate
