#include "control/deployment_target.h"

#include <algorithm>

namespace manta::control {
namespace {

std::vector<std::string> callers_of(const spec::ApplicationGraph& graph, const std::string& name) {
  std::vector<std::string> callers;
  for (const spec::NodeSpec& node : graph.nodes)
    if (std::ranges::find(node.children, name) != node.children.end()) callers.push_back(node.name);
  return callers;
}

}  // namespace

DeploymentTarget target_of(const ApplicationRecord& record, const spec::NodeSpec& node) {
  return {.key = {record.name, node.name},
          .version = version_of(record, node),
          .num_replicas = node.config.num_replicas,
          .resources = node.config.ray_actor_options,
          .max_replicas_per_node = node.config.max_replicas_per_node,
          .placement = placement_rules(node.config),
          .max_constructor_retry_count = node.config.max_constructor_retry_count,
          .graceful_shutdown_timeout_s = node.config.graceful_shutdown_timeout_s,
          .callers = callers_of(record.graph, node.name),
          .rollout = rollout_limits(node.config)};
}

RolloutLimits rollout_limits(const DeploymentConfig& config) {
  return {.rolling_update_percentage = config.rolling_update_percentage,
          .max_surge_percent = config.max_surge_percent,
          .gang_size = config.gang_scheduling_config ? config.gang_scheduling_config->gang_size : 1};
}

}  // namespace manta::control
