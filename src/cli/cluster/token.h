#pragma once

#include <string>

#include <manta/error.h>

#include "runtime/local/instance_dir.h"

namespace manta::cli {

// The secret of an instance on a cluster, from <state>/cluster_token (0600); made at random the first time. Internal
// when it cannot be read or written, or is too short to be one.
Result<std::string> cluster_token(const runtime::InstancePaths& paths);

}  // namespace manta::cli
