#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "cli/client_commands.h"

namespace manta::cli {

// Commands about what a deploy changes. Each returns the exit code.

// Shows what `manta deploy` with the same words would do; `only_fields`: as a difference of fields. Nothing is changed.
int plan_command(const AdminTarget& target, const DeployRequest& request, const Environment& environment,
                 bool only_fields);
int history_command(const AdminTarget& target);
// Without a revision: to the one before the current.
int rollback_command(const AdminTarget& target, std::optional<std::int64_t> revision);
// `name`: DEPLOYMENT or APPLICATION/DEPLOYMENT. An external scaler's word where the application lets one; else the
// deployment's configuration is changed.
int scale_command(const AdminTarget& target, const std::string& name, int replicas);

}  // namespace manta::cli
