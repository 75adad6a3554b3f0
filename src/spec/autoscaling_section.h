#pragma once

#include <optional>

#include <manta/autoscaling_config.h>

#include "spec/config_section.h"
#include "spec/instance_config.h"

namespace manta::spec {

// Reads an autoscaling_config, with the old spellings that Ray Serve knows: each is warned about once, and the new name
// wins. `automatic`: it belongs to `num_replicas: auto`, which begins with 1 to 100 replicas.
AutoscalingConfig read_autoscaling(Section section, bool automatic);

// autoscaling_policy of an application: {policy_function, policy_kwargs}, or the name alone.
std::optional<AutoscalingPolicyConfig> read_application_policy(Section& application);

}  // namespace manta::spec
