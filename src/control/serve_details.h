#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <boost/describe/class.hpp>

#include "control/details.h"
#include "control/serve_config.h"

namespace manta::control {

// The instance as Ray Serve's REST API shows it (GET /api/serve/applications/): exactly the fields that its clients'
// models know, some of which refuse others. Actors and instances of a cloud, which are not here, are null. Everything
// there is stands in InstanceDetails.

// What Ray says of each of its processes.
struct ServeActorDetails {
  std::optional<std::string> node_id, node_ip, node_instance_id, actor_id, actor_name, worker_id, log_file_path;
};
BOOST_DESCRIBE_STRUCT(ServeActorDetails, (),
                      (node_id, node_ip, node_instance_id, actor_id, actor_name, worker_id, log_file_path))

struct ServeReplicaDetails : ServeActorDetails {
  std::string replica_id, state;
  std::optional<int> pid;
  double start_time_s = 0;
};
BOOST_DESCRIBE_STRUCT(ServeReplicaDetails, (ServeActorDetails), (replica_id, state, pid, start_time_s))

struct ServeProxyDetails : ServeActorDetails {
  std::string status;
};
BOOST_DESCRIBE_STRUCT(ServeProxyDetails, (ServeActorDetails), (status))

struct ServeScalingDecision {
  double timestamp_s = 0;
  std::string reason;
  int prev_num_replicas = 0, curr_num_replicas = 0;
  std::string policy;
};
BOOST_DESCRIBE_STRUCT(ServeScalingDecision, (), (timestamp_s, reason, prev_num_replicas, curr_num_replicas, policy))

struct ServeAutoscalingDetail {
  std::string scaling_status;
  std::vector<ServeScalingDecision> decisions;
  std::map<std::string, double> metrics;
  std::string metrics_health;
  std::vector<std::string> errors;
};
BOOST_DESCRIBE_STRUCT(ServeAutoscalingDetail, (), (scaling_status, decisions, metrics, metrics_health, errors))

struct ServeDeploymentDetails {
  std::string name, status, status_trigger, message;
  ServeDeploymentConfig deployment_config;
  int target_num_replicas = 0;
  std::map<std::string, double> required_resources;
  std::vector<ServeReplicaDetails> replicas, recent_dead_replicas;
  std::optional<ServeAutoscalingDetail> autoscaling_detail;
};
BOOST_DESCRIBE_STRUCT(ServeDeploymentDetails, (),
                      (name, status, status_trigger, message, deployment_config, target_num_replicas,
                       required_resources, replicas, recent_dead_replicas, autoscaling_detail))

struct ServeDeploymentId {
  std::string name, app_name;
};
BOOST_DESCRIBE_STRUCT(ServeDeploymentId, (), (name, app_name))

struct ServeTopologyNode {
  std::string name, app_name;
  std::vector<ServeDeploymentId> outbound_deployments;
  bool is_ingress = false;
};
BOOST_DESCRIBE_STRUCT(ServeTopologyNode, (), (name, app_name, outbound_deployments, is_ingress))

struct ServeTopology {
  std::string app_name;
  std::map<std::string, ServeTopologyNode> nodes;
  std::optional<std::string> ingress_deployment;
};
BOOST_DESCRIBE_STRUCT(ServeTopology, (), (app_name, nodes, ingress_deployment))

struct ServeApplicationDetails {
  std::string name, route_prefix, docs_path, status, message;
  double last_deployed_time_s = 0;
  Json deployed_app_config;
  std::string source;
  std::map<std::string, ServeDeploymentDetails> deployments;
  bool external_scaler_enabled = false;
  ServeTopology deployment_topology;
};
BOOST_DESCRIBE_STRUCT(ServeApplicationDetails, (),
                      (name, route_prefix, docs_path, status, message, last_deployed_time_s, deployed_app_config,
                       source, deployments, external_scaler_enabled, deployment_topology))

struct ServeHttpOptions {
  std::string host;
  int port = 0;
  std::string root_path;
  std::optional<double> request_timeout_s;
  double keep_alive_timeout_s = 90;
};
BOOST_DESCRIBE_STRUCT(ServeHttpOptions, (), (host, port, root_path, request_timeout_s, keep_alive_timeout_s))

// Where requests may be sent: every proxy that is healthy.
struct ServeTarget {
  std::string ip;
  int port = 0;
  std::string instance_id, name;
};
BOOST_DESCRIBE_STRUCT(ServeTarget, (), (ip, port, instance_id, name))

struct ServeTargetGroup {
  std::vector<ServeTarget> targets;
  std::string route_prefix = "/", protocol = "HTTP", app_name;
};
BOOST_DESCRIBE_STRUCT(ServeTargetGroup, (), (targets, route_prefix, protocol, app_name))

struct ServeDuration {
  double mean = 0, std = 0, min = 0, max = 0;
};
BOOST_DESCRIBE_STRUCT(ServeDuration, (), (mean, std, min, max))

struct ServeControllerHealth {
  double timestamp = 0, controller_start_time = 0, uptime_s = 0;
  std::uint64_t num_control_loops = 0;
  ServeDuration loop_duration_s;
  double loops_per_second = 0, event_loop_delay_s = 0;
  ServeDuration deployment_state_update_duration_s, handle_metrics_delay_ms, replica_metrics_delay_ms;
  double process_memory_mb = 0;
};
BOOST_DESCRIBE_STRUCT(ServeControllerHealth, (),
                      (timestamp, controller_start_time, uptime_s, num_control_loops, loop_duration_s, loops_per_second,
                       event_loop_delay_s, deployment_state_update_duration_s, handle_metrics_delay_ms,
                       replica_metrics_delay_ms, process_memory_mb))

struct ServeInstanceDetails {
  ServeActorDetails controller_info;
  std::string proxy_location;
  ServeHttpOptions http_options;
  Json grpc_options;  // null: not served
  std::map<std::string, ServeProxyDetails> proxies;
  std::map<std::string, ServeApplicationDetails> applications;
  std::optional<double> target_capacity;
  std::vector<ServeTargetGroup> target_groups;
  ServeControllerHealth controller_health_metrics;
};
BOOST_DESCRIBE_STRUCT(ServeInstanceDetails, (),
                      (controller_info, proxy_location, http_options, grpc_options, proxies, applications,
                       target_capacity, target_groups, controller_health_metrics))

// `configs`: of the applications, by name.
ServeInstanceDetails serve_details(const InstanceDetails& details,
                                   const std::map<std::string, spec::ApplicationConfig>& configs);

}  // namespace manta::control
