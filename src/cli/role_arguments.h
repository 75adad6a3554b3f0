#pragma once

#include <string>

#include "spec/instance_config.h"

namespace manta::cli {

// Command lines of the roles, as the node agent writes them, and on a cluster `manta start` and the controller.
struct ControllerArguments {
  std::string backend = "local";  // ray: on a cluster
  std::string state_dir;
  std::string proxy_location = "EveryNode";
  std::string http_options = "{}";  // spec::HttpOptions as JSON
  // On one machine: the agent's sockets, and those that it opened for the controller.
  std::string node_id, agent_socket, controller_socket, http_address;
  int socket_fd = -1, admin_fd = -1;
  // On a cluster: where its head is, and what the controller listens on itself.
  std::string ray_address, ray_namespace, admin_address, cluster_address;
  std::string metrics_address;  // of the proxy of each node, for scrapes alone; empty: none
  bool share_supervisors = false;
};

struct ProxyArguments {
  std::string node_id, agent_socket;
  std::string controller_address;  // "unix:/path", "10.0.0.1:8267"
  int listen_fd = -1, metrics_fd = -1;
  std::string http_options = "{}";
  // On a cluster: of its node, what it listens on itself for scrapes, and for how long requests may go on when it ends.
  std::string node_ip = "127.0.0.1", metrics_address;
  bool is_head = true;
  int num_gpus = 0;
  double drain_s = 30;
};

}  // namespace manta::cli
