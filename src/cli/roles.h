#pragma once

#include "cli/build_function.h"
#include "cli/environment.h"
#include "cli/role_arguments.h"

namespace manta::cli {

// Each returns the exit code of its process.
int run_controller(const ControllerArguments& arguments, const Environment& environment);
int run_proxy_role(const ProxyArguments& arguments, const Environment& environment);
// Answers the controller, which it shares its first inherited descriptor with; ends with that connection.
int run_policy_host(const Environment& environment, BuildFunction* builtin_build);
int run_replica_role(int listen_fd, const Environment& environment, BuildFunction* builtin_build);

}  // namespace manta::cli
