#pragma once

#include <string>
#include <vector>

#include "cli/admin_client.h"
#include "cli/environment.h"
#include "spec/instance_config.h"
#include "spec/parse_config.h"

namespace manta::cli {

// Commands that talk to a running instance by its admin port. Each returns the exit code.

struct DeployRequest {
  std::string target;  // file or import path
  std::string args;
  std::vector<std::string> arguments;         // key=value
  std::string name, route_prefix;             // of a single application; empty: as they are
  std::string directory;                      // that an import path is relative to; empty: the present one
  std::string runtime_env, runtime_env_json;  // --runtime-env: a file; empty: none
};

// The configuration that the words of `deploy` name; `places` is where it stands in its file.
Result<spec::InstanceConfig> requested_config(const DeployRequest& request, const Environment& environment,
                                              spec::ConfigPlaces& places);

int deploy_command(const AdminTarget& target, const DeployRequest& request, const Environment& environment);
int status_command(const AdminTarget& target, const std::string& application);
// Returns when the instance has ended.
int shutdown_command(const AdminTarget& target, bool confirmed);

}  // namespace manta::cli
