#pragma once

#include <string>

#include "spec/instance_config.h"

namespace manta::spec {

// A configuration as a file says it, as JSON: the keys of Ray Serve's file, values resolved. parse_config() reads it
// back as the same configuration; json_to_yaml() makes a file of it. Fields that nobody gave are left out.
std::string config_json(const InstanceConfig& config);
std::string config_json(const ApplicationConfig& application);

// The same for the controller: with the places of the values in their file.
std::string deploy_json(const InstanceConfig& config);

}  // namespace manta::spec
