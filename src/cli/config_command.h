#pragma once

#include <string>

#include "cli/admin_client.h"

namespace manta::cli {

// Prints what was deployed as YAML, each application a document; or only that of the application named.
int config_command(const AdminTarget& target, const std::string& application);

}  // namespace manta::cli
