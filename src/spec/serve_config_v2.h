#pragma once

#include <string_view>
#include <vector>

#include "spec/yaml_document.h"

namespace manta::spec {

// Reads a configuration file, or the one that stands as text under `serveConfigV2` (at the top level or under `spec`,
// as in a RayService resource). Places count in the outer file either way.
YamlDocument read_serve_yaml(std::string_view text, const EnvironmentLookup& lookup, std::vector<Finding>& findings);

}  // namespace manta::spec
