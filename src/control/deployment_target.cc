#include "control/deployment_target.h"

#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "control/in_proxy.h"
#include "control/together.h"

namespace manta::control {
namespace {

// Deployments whose processes hold a handle to one in the processes of `host`.
std::vector<std::string> callers_of(const ApplicationRecord& record, const std::string& host) {
  std::set<std::string> callers;
  for (const spec::NodeSpec& node : record.graph.nodes)
    for (const std::string& child : node.children)
      if (host_of(record, child) == host) callers.insert(host_of(record, node.name));
  callers.erase(host);
  return {callers.begin(), callers.end()};
}

}  // namespace

DeploymentTarget target_of(const ApplicationRecord& record, const spec::NodeSpec& node) {
  const std::string host = host_of(record, node.name);
  const DeploymentConfig process = process_config(record, node);
  return {.key = {record.name, node.name},
          .version = version_of(record, node),
          .host = host == node.name ? "" : host,
          .num_replicas = configured_replicas(node.config),
          .in_proxy = node.config.in_proxy,
          .resources = process.ray_actor_options,
          .max_replicas_per_node = node.config.max_replicas_per_node,
          .placement = placement_rules(process),
          .max_constructor_retry_count = node.config.max_constructor_retry_count,
          .graceful_shutdown_timeout_s = process.graceful_shutdown_timeout_s,
          .callers = callers_of(record, host),
          .rollout = rollout_limits(node.config)};
}

RolloutLimits rollout_limits(const DeploymentConfig& config) {
  return {.rolling_update_percentage = std::round(config.rolling_update_percentage * 1e6) / 1e4,
          .max_surge_percent = config.max_surge_percent,
          .gang_size = config.gang_scheduling_config ? config.gang_scheduling_config->gang_size : 1};
}

}  // namespace manta::control
