#pragma once

#include <memory>
#include <string>

#include <manta/error.h>

#include "cli/environment.h"
#include "cli/proxy_check.h"
#include "cli/role_arguments.h"
#include "control/controller.h"
#include "control/state_store.h"
#include "runtime/local/instance_dir.h"
#include "spec/instance_config.h"

namespace manta::cli {

// The two ways of the controller role, one for each backend, and what both begin with.
int run_local_controller(const ControllerArguments& arguments, const Environment& environment);
int run_cluster_controller(const ControllerArguments& arguments, const Environment& environment);

struct OpenedController {
  runtime::InstancePaths paths;
  spec::HttpOptions http;
  std::unique_ptr<control::StateStore> store;
};
// InvalidArgument for a wrong command line; otherwise of StateStore::open.
Result<OpenedController> open_controller(const ControllerArguments& arguments, const Environment& environment);

// `address`: told to replicas.
control::ControllerOptions controller_options(const ControllerArguments& arguments, const Environment& environment,
                                              const runtime::InstancePaths& paths, spec::HttpOptions http,
                                              std::string socket, std::string address);

// $MANTA_PROXY_HEALTH_CHECK_PERIOD_S and ..._TIMEOUT_S; what is not a positive number counts as not given.
ProxyCheckOptions proxy_check_options(const Environment& environment);
// $MANTA_PROXY_MIN_DRAINING_PERIOD_S: for how long the proxy of a node that leaves the cluster says so before it ends.
Duration min_draining_period(const Environment& environment);

// Prints the error and returns the exit code: 2 for a wrong command line, else 1.
int fail_controller(const Error& error);

}  // namespace manta::cli
