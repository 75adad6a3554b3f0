#pragma once

#include <string>

#include "cli/environment.h"

namespace manta::cli {

// Commands that talk to a running instance by its admin port. Each returns the exit code.
struct AdminTarget {
  int port = 8265;
};

struct DeployRequest {
  std::string target;  // file or import path
  std::string args;
  std::string name, route_prefix;  // of a single application; empty: as they are
};

int deploy_command(const AdminTarget& target, const DeployRequest& request, const Environment& environment);
int status_command(const AdminTarget& target, const std::string& application);
// Returns when the instance has ended.
int shutdown_command(const AdminTarget& target, bool confirmed);

}  // namespace manta::cli
