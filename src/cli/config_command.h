#pragma once

#include <string>

#include "cli/admin_client.h"

namespace manta::cli {

// Prints what was deployed as YAML, each application a document; or only that of the application named.
int config_command(const AdminTarget& target, const std::string& application);
// What is in force of one application, or of one deployment of it, with the origin of each value; `json`: as it is
// sent. `named` may be empty where there is only one application.
int effective_config_command(const AdminTarget& target, const std::string& named, const std::string& deployment,
                             bool json);

}  // namespace manta::cli
