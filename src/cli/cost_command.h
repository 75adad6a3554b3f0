#pragma once

#include "cli/admin_client.h"

namespace manta::cli {

// Counts the requests of the instance for `window_s` and tells what a million of them costs at that rate. Blocks for
// so long. Needs a proxy: its metrics page has the counters of all processes.
int cost_command(const AdminTarget& target, double dollars_per_hour, double window_s, bool json);

}  // namespace manta::cli
