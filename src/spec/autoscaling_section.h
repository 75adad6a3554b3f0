#pragma once

#include <manta/autoscaling_config.h>

#include "spec/config_section.h"

namespace manta::spec {

// Reads an autoscaling_config, with the old spellings that Ray Serve knows: each is warned about once, and the new name
// wins. `automatic`: it belongs to `num_replicas: auto`, which begins with 1 to 100 replicas.
AutoscalingConfig read_autoscaling(Section section, bool automatic);

}  // namespace manta::spec
