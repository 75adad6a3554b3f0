#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "cli/admin_client.h"

namespace manta::cli {

struct LogsRequest {
  std::vector<std::string>
      names;                // applications, deployments, "application/deployment", replica ids, "controller", "proxy"
  std::size_t lines = 100;  // of each, at first
  bool follow = false;      // until Ctrl-C, also what starts later
};

// Prints what replicas wrote (all of them when no name is given), each line after its replica's id. Returns the exit
// code.
int logs_command(const AdminTarget& target, const LogsRequest& request);

}  // namespace manta::cli
