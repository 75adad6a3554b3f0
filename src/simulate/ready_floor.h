#pragma once

#include <string>

#include "control/controller.h"
#include "simulate/cluster.h"

namespace manta::simulate {

// What is wrong with stopping this replica now; empty: nothing. One that serves may stop only if so many others do as
// its deployment is allowed to go down to: all that are wanted, less a wave of an update where there is no surge.
std::string too_few_left(const control::Controller& controller, const Cluster& cluster, const std::string& replica_id);

}  // namespace manta::simulate
