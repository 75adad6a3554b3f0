#pragma once

#include "cli/environment.h"
#include "cli/instance_options.h"

namespace manta::cli {

// Runs an instance in this process, the node agent, until it is stopped. Returns the exit code; errors have been
// printed.
int run_instance(const InstanceOptions& options, const Environment& environment);

}  // namespace manta::cli
