#pragma once

#include <map>
#include <string>
#include <vector>

#include <boost/describe/class.hpp>

#include "control/controller.h"

namespace manta::control {

// Answer of GET /api/serve/details: everything, by the names that users of Ray Serve's REST API know. What they get at
// /api/serve/applications/ is made of it (serve_details.h).
struct ReplicaDetails {
  std::string replica_id, state;
  int pid = 0;
  double start_time_s = 0;
  std::string node_id, message;
  std::int64_t ongoing_requests = 0;
  int rank = 0, world_size = 1, node_rank = 0, local_rank = 0;
  std::string gang_id;  // empty: in no gang
  std::uint64_t gang_epoch = 0;
  std::vector<int> gpus;
  std::vector<spec::Bundle> placement_group;
  std::string fallback;  // "fallback_strategy[0]" where its own labels found no room; empty: it is there by them
  std::string process;   // id of the replica in whose process it is (`placement: together`); empty: its own
};
BOOST_DESCRIBE_STRUCT(ReplicaDetails, (),
                      (replica_id, state, pid, start_time_s, node_id, message, ongoing_requests, rank, world_size,
                       node_rank, local_rank, gang_id, gang_epoch, gpus, placement_group, fallback, process))

struct DeploymentDetails {
  std::string name, status, status_trigger, message, version;
  DeploymentConfig deployment_config;
  std::string max_queued_requests_bounds = "each caller";  // a calling process: two of them may hold twice as many
  int target_num_replicas = 0;
  Resources required_resources;
  std::vector<ReplicaDetails> replicas, recent_dead_replicas;
  std::optional<AutoscalingDetail> autoscaling_detail;  // where the number of replicas follows the load
  std::vector<ScaledDownReplica> scaled_down;           // the last ones stopped because fewer were wanted, oldest first
  std::map<std::string, std::uint64_t> batches_closed;  // by reason, of the replicas that run
};
BOOST_DESCRIBE_STRUCT(DeploymentDetails, (),
                      (name, status, status_trigger, message, version, deployment_config, max_queued_requests_bounds,
                       target_num_replicas, required_resources, replicas, recent_dead_replicas, autoscaling_detail,
                       scaled_down, batches_closed))

struct TopologyNode {
  std::string name;
  std::vector<std::string> outbound_deployments;
  bool is_ingress = false;
};
BOOST_DESCRIBE_STRUCT(TopologyNode, (), (name, outbound_deployments, is_ingress))

struct ApplicationDetails {
  std::string name, route_prefix, docs_path, status, message, source;
  double last_deployed_time_s = 0;
  Json deployed_app_config;  // as in the configuration file
  std::map<std::string, DeploymentDetails> deployments;
  std::vector<TopologyNode> deployment_topology;
  bool external_scaler_enabled = false;
  std::vector<TrafficDetails> traffic;  // shares of deployments in the requests of a route
};
BOOST_DESCRIBE_STRUCT(ApplicationDetails, (),
                      (name, route_prefix, docs_path, status, message, source, last_deployed_time_s,
                       deployed_app_config, deployments, deployment_topology, external_scaler_enabled, traffic))

struct ControllerInfo {
  std::string node_id;
  std::uint64_t epoch = 0;
  int pid = 0;
  int agent_pid = 0;              // of the process that runs the instance
  std::string controller_socket;  // path: programs of this user subscribe there
  std::string log_file_path;      // of the controller; replicas log beside it, in <replica id>.log
};
BOOST_DESCRIBE_STRUCT(ControllerInfo, (), (node_id, epoch, pid, agent_pid, controller_socket, log_file_path))

struct ProxyDetails {
  std::string node_id, node_ip;  // the address of its machine; empty: not known
  std::string status;
};
BOOST_DESCRIBE_STRUCT(ProxyDetails, (), (node_id, node_ip, status))

struct InstanceDetails {
  ControllerInfo controller_info;
  std::string proxy_location = "EveryNode";
  spec::HttpOptions http_options;
  std::map<std::string, ProxyDetails> proxies;  // by node
  std::map<std::string, ApplicationDetails> applications;
  std::optional<double> target_capacity;
  std::vector<NodeDrain> nodes;
  ControllerHealth controller_health_metrics;
};
BOOST_DESCRIBE_STRUCT(InstanceDetails, (),
                      (controller_info, proxy_location, http_options, proxies, applications, target_capacity, nodes,
                       controller_health_metrics))

InstanceDetails details_of(const Controller& controller);

}  // namespace manta::control
