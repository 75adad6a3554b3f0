#pragma once

#include <vector>

#include <manta/traffic_config.h>

#include "spec/config_section.h"

namespace manta::spec {

// Reads the `traffic` of an application, if it is given.
std::vector<TrafficRule> read_traffic(Section& application);

}  // namespace manta::spec
