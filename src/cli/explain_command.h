#pragma once

#include <string>

#include "cli/admin_client.h"

namespace manta::cli {

// Says of deployments (all, or those of one application, or one) how they are and why: what they wait for, how their
// number of replicas came about, how callers choose among them and when they refuse. Returns the exit code.
int explain_command(const AdminTarget& target, const std::string& name);

}  // namespace manta::cli
