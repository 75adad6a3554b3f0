#pragma once

#include <manta/deployment.h>

namespace manta::api {

// What this process can see of its machine: pid, free memory, and the use of GPUs when `nvidia-smi` answers within a
// second (not run on a GPU so far). Blocks.
WhereAmI describe_machine();

}  // namespace manta::api
