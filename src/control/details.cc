#include "control/details.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "control/deployment_status.h"
#include "control/placement.h"
#include "spec/config_json.h"

namespace manta::control {
namespace {

std::string fallback_of(const Controller& controller, const Controller::Deployment& deployment,
                        const Controller::Replica& replica) {
  const DeploymentTarget& target = deployment.target;
  if (target.placement.fallbacks.empty() || replica.view.version != target.version) return {};
  const auto node = std::ranges::find(controller.node_views(), replica.view.node_id, &NodeView::node_id);
  return node == controller.node_views().end() ? std::string() : fallback_used(need_of(target), *node);
}

DeploymentDetails deployment_details(const Controller& controller, const Controller::Deployment& deployment,
                                     const spec::DeploymentStatus& status) {
  DeploymentDetails details{.name = deployment.node.name,
                            .status = status.status,
                            .status_trigger = status.status_trigger,
                            .message = status.message,
                            .version = deployment.target.version,
                            .deployment_config = deployment.node.config,
                            .target_num_replicas = deployment.target.num_replicas,
                            .required_resources = deployment.target.resources};
  for (const auto& [id, replica] : controller.replicas()) {
    if (replica.view.key != deployment.target.key) continue;
    details.replicas.push_back({.replica_id = id,
                                .state = std::string(state_name(replica.view)),
                                .pid = replica.observed.pid,
                                .start_time_s = replica.observed.start_time_s,
                                .node_id = replica.observed.node_id,
                                .message = replica.state.message,
                                .ongoing_requests = replica.state.ongoing,
                                .rank = replica.view.rank,
                                .world_size = replica.view.world_size,
                                .node_rank = replica.view.node_rank,
                                .local_rank = replica.view.local_rank,
                                .gang_id = replica.view.gang_id,
                                .gang_epoch = replica.view.gang_epoch,
                                .gpus = replica.view.gpus,
                                .placement_group = replica.view.bundles,
                                .fallback = fallback_of(controller, deployment, replica),
                                .process = replica.host});
    for (const auto& [reason, count] : replica.state.batches_closed) details.batches_closed[reason] += count;
  }
  details.autoscaling_detail = controller.autoscaling_detail(deployment.target.key);
  details.scaled_down = deployment.scaled_down;
  for (const DeadReplica& dead : controller.dead_replicas())
    if (dead.key == deployment.target.key)
      details.recent_dead_replicas.push_back(
          {.replica_id = dead.id, .state = "STOPPED", .pid = dead.pid, .message = dead.message});
  return details;
}

}  // namespace

InstanceDetails details_of(const Controller& controller) {
  const spec::InstanceStatus status = controller.status();
  InstanceDetails details{.http_options = controller.options().http, .proxies = {}};
  for (const auto& [node_id, proxy] : status.proxies) {
    const auto node = std::ranges::find(controller.node_views(), node_id, &NodeView::node_id);
    details.proxies[node_id] = {.node_id = node_id,
                                .node_ip = node == controller.node_views().end() ? std::string() : node->address,
                                .status = proxy};
  }
  details.target_capacity = status.target_capacity;
  details.nodes = controller.nodes();
  details.proxy_location = controller.options().proxy_location;
  details.controller_health_metrics = controller.health();
  details.controller_info = {.node_id = details.nodes.empty() ? "" : details.nodes.front().node_id,
                             .epoch = controller.epoch(),
                             .pid = static_cast<int>(::getpid()),
                             .agent_pid = static_cast<int>(::getppid()),
                             .controller_socket = controller.options().controller_socket,
                             .log_file_path = controller.options().log_file_path};
  for (const auto& [name, application] : controller.applications()) {
    const spec::ApplicationStatus& now = status.applications.at(name);
    ApplicationDetails entry{.name = name,
                             .route_prefix = application.record->route_prefix,
                             .docs_path = "/docs",
                             .status = now.status,
                             .message = now.message,
                             .source = "declarative",
                             .last_deployed_time_s = now.last_deployed_time_s,
                             .deployed_app_config = {spec::config_json(application.record->config)}};
    for (const auto& [deployment_name, deployment] : application.deployments)
      entry.deployments[deployment_name] =
          deployment_details(controller, deployment, now.deployments.at(deployment_name));
    for (const spec::NodeSpec& node : application.record->graph.nodes)
      entry.deployment_topology.push_back({.name = node.name,
                                           .outbound_deployments = node.children,
                                           .is_ingress = node.name == application.record->graph.ingress});
    entry.traffic = controller.traffic().details(name);
    entry.external_scaler_enabled = application.record->config.external_scaler_enabled;
    details.applications[name] = std::move(entry);
  }
  return details;
}

}  // namespace manta::control
