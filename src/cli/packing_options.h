#pragma once

#include "cli/environment.h"
#include "control/node_compaction.h"

namespace manta::cli {

// By Ray Serve's variables, or by the same names with MANTA_ in place of RAY_SERVE_, which count first:
// RAY_SERVE_USE_PACK_SCHEDULING_STRATEGY (1: nodes are packed), RAY_SERVE_NODE_COMPACTION_DELAY_S,
// RAY_SERVE_COMPACTION_TIMEOUT_S, RAY_SERVE_COMPACTION_MAX_BACKOFF_TIME_S. What is not a positive number of seconds
// counts as not given.
control::PackingOptions packing_options(const Environment& environment);

}  // namespace manta::cli
