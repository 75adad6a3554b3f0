#pragma once

#include <string>

#include "spec/status.h"

namespace manta::spec {

// The text of `manta status`: Ray Serve's keys in Ray Serve's order, as block YAML.
std::string to_status_yaml(const InstanceStatus& status);

}  // namespace manta::spec
