#pragma once

#include "cli/build_function.h"
#include "cli/environment.h"
#include "cli/role_arguments.h"

namespace manta::cli {

// Each returns the exit code of its process.
int run_controller(const ControllerArguments& arguments, const Environment& environment);
int run_proxy_role(const ProxyArguments& arguments);
int run_replica_role(int listen_fd, const Environment& environment, BuildFunction* builtin_build);

}  // namespace manta::cli
