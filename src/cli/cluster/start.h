#pragma once

#include <string>

#include "cli/cluster/options.h"
#include "cli/environment.h"
#include "cli/instance_options.h"

namespace manta::cli {

// `manta start --backend ray`: starts the controller on the head of the Ray cluster at `ray_address`, which this
// machine is, or attaches to the instance that the state folder has there already; prints what happens until it is
// ready; stays until the instance ends, and ends it at SIGINT or SIGTERM. With `cluster.detach` it returns when it is
// ready. Killed, it leaves the instance running. Returns the exit code.
int start_on_cluster(const ClusterArguments& cluster, const std::string& ray_address, const InstanceOptions& options,
                     const Environment& environment);

}  // namespace manta::cli
