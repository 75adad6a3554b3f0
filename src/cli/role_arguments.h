#pragma once

#include <string>

#include "spec/instance_config.h"

namespace manta::cli {

// Command lines of the roles, as the node agent writes them.
struct ControllerArguments {
  std::string state_dir, node_id, agent_socket, controller_socket, http_address;
  std::string proxy_location = "EveryNode";
  int socket_fd = -1, admin_fd = -1;
  std::string http_options = "{}";  // spec::HttpOptions as JSON
};

struct ProxyArguments {
  std::string node_id, agent_socket;
  std::string controller_address;  // "unix:/path", "10.0.0.1:8267"
  int listen_fd = -1, metrics_fd = -1;
  std::string http_options = "{}";
};

}  // namespace manta::cli
