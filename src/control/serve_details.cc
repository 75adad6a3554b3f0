#include "control/serve_details.h"

#include <utility>

#include "control/node_report.h"
#include "spec/config_json.h"

namespace manta::control {
namespace {

std::optional<std::string> text_or_null(const std::string& text) {
  return text.empty() ? std::optional<std::string>() : text;
}

ServeReplicaDetails serve_replica(const ReplicaDetails& replica) {
  ServeReplicaDetails made;
  made.node_id = text_or_null(replica.node_id);
  made.replica_id = replica.replica_id;
  made.state = replica.state;
  if (replica.pid != 0) made.pid = replica.pid;
  made.start_time_s = replica.start_time_s;
  return made;
}

std::vector<ServeReplicaDetails> serve_replicas(const std::vector<ReplicaDetails>& replicas) {
  std::vector<ServeReplicaDetails> made;
  for (const ReplicaDetails& replica : replicas) made.push_back(serve_replica(replica));
  return made;
}

ServeAutoscalingDetail serve_autoscaling_detail(const AutoscalingDetail& detail) {
  ServeAutoscalingDetail made{.scaling_status = detail.scaling_status,
                              .decisions = {},
                              .metrics = detail.metrics,
                              .metrics_health = detail.metrics_health,
                              .errors = detail.errors};
  for (const ScalingDecision& decision : detail.decisions)
    made.decisions.push_back({.timestamp_s = decision.timestamp_s,
                              .reason = decision.reason,
                              .prev_num_replicas = decision.prev_num_replicas,
                              .curr_num_replicas = decision.curr_num_replicas,
                              .policy = decision.policy});
  return made;
}

ServeDeploymentDetails serve_deployment(const DeploymentDetails& deployment) {
  ServeDeploymentDetails made{.name = deployment.name,
                              .status = deployment.status,
                              .status_trigger = deployment.status_trigger,
                              .message = deployment.message,
                              .deployment_config = serve_config(deployment.deployment_config),
                              .target_num_replicas = deployment.target_num_replicas,
                              .required_resources = amounts_of(deployment.required_resources),
                              .replicas = serve_replicas(deployment.replicas),
                              .recent_dead_replicas = serve_replicas(deployment.recent_dead_replicas),
                              .autoscaling_detail = {}};
  if (deployment.autoscaling_detail) made.autoscaling_detail = serve_autoscaling_detail(*deployment.autoscaling_detail);
  return made;
}

ServeTopology serve_topology(const std::string& application, const std::vector<TopologyNode>& nodes) {
  ServeTopology made{.app_name = application, .nodes = {}, .ingress_deployment = {}};
  for (const TopologyNode& node : nodes) {
    ServeTopologyNode& entry = made.nodes[node.name];
    entry = {.name = node.name, .app_name = application, .outbound_deployments = {}, .is_ingress = node.is_ingress};
    for (const std::string& callee : node.outbound_deployments)
      entry.outbound_deployments.push_back({.name = callee, .app_name = application});
    if (node.is_ingress) made.ingress_deployment = node.name;
  }
  return made;
}

ServeApplicationDetails serve_application(const ApplicationDetails& application,
                                          const spec::ApplicationConfig& config) {
  ServeApplicationDetails made{
      .name = application.name,
      .route_prefix = application.route_prefix,
      .docs_path = application.docs_path,
      .status = application.status,
      .message = application.message,
      .last_deployed_time_s = application.last_deployed_time_s,
      .deployed_app_config = {spec::config_json(serve_config(config))},
      .source = application.source,
      .deployments = {},
      .external_scaler_enabled = application.external_scaler_enabled,
      .deployment_topology = serve_topology(application.name, application.deployment_topology)};
  for (const auto& [name, deployment] : application.deployments) made.deployments[name] = serve_deployment(deployment);
  return made;
}

ServeHttpOptions serve_http(const spec::HttpOptions& http) {
  ServeHttpOptions made{.host = http.host,
                        .port = http.port,
                        .root_path = http.root_path,
                        .request_timeout_s = {},
                        .keep_alive_timeout_s = http.keep_alive_timeout_s};
  if (http.request_timeout_s > 0) made.request_timeout_s = http.request_timeout_s;
  return made;
}

std::vector<ServeTargetGroup> target_groups(const InstanceDetails& details) {
  if (details.proxies.empty()) return {};
  ServeTargetGroup group;
  for (const auto& [node_id, proxy] : details.proxies)
    if (proxy.status == "HEALTHY")
      group.targets.push_back({.ip = proxy.node_ip.empty() ? details.http_options.host : proxy.node_ip,
                               .port = details.http_options.port,
                               .instance_id = "",
                               .name = "proxy-" + node_id});
  return {std::move(group)};
}

ServeDuration serve_duration(const ValueStats& stats) {
  return {.mean = stats.mean, .std = stats.std, .min = stats.min, .max = stats.max};
}

ServeControllerHealth serve_health(const ControllerHealth& health) {
  return {.timestamp = health.timestamp,
          .controller_start_time = health.controller_start_time,
          .uptime_s = health.uptime_s,
          .num_control_loops = health.num_control_loops,
          .loop_duration_s = serve_duration(health.loop_duration_s),
          .loops_per_second = health.loops_per_second,
          .event_loop_delay_s = health.event_loop_delay_s.last,
          .deployment_state_update_duration_s = serve_duration(health.deployment_state_update_duration_s),
          .handle_metrics_delay_ms = serve_duration(health.handle_metrics_delay_ms),
          .replica_metrics_delay_ms = serve_duration(health.replica_metrics_delay_ms),
          .process_memory_mb = health.process_memory_mb};
}

ServeActorDetails serve_controller(const InstanceDetails& details) {
  ServeActorDetails made;
  made.node_id = text_or_null(details.controller_info.node_id);
  made.log_file_path = text_or_null(details.controller_info.log_file_path);
  return made;
}

ServeProxyDetails serve_proxy(const ProxyDetails& proxy) {
  ServeProxyDetails made;
  made.node_id = proxy.node_id;
  made.node_ip = text_or_null(proxy.node_ip);
  made.status = proxy.status;
  return made;
}

}  // namespace

ServeInstanceDetails serve_details(const InstanceDetails& details,
                                   const std::map<std::string, spec::ApplicationConfig>& configs) {
  ServeInstanceDetails made{.controller_info = serve_controller(details),
                            .proxy_location = details.proxy_location,
                            .http_options = serve_http(details.http_options),
                            .grpc_options = {},
                            .proxies = {},
                            .applications = {},
                            .target_capacity = details.target_capacity,
                            .target_groups = target_groups(details),
                            .controller_health_metrics = serve_health(details.controller_health_metrics)};
  for (const auto& [node_id, proxy] : details.proxies) made.proxies[node_id] = serve_proxy(proxy);
  for (const auto& [name, application] : details.applications)
    made.applications[name] = serve_application(application, configs.at(name));
  return made;
}

}  // namespace manta::control
