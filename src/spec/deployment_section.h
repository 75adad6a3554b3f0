#pragma once

#include "spec/config_section.h"
#include "spec/instance_config.h"

namespace manta::spec {

// Reads one entry of applications[].deployments[]. Keys of Ray Serve that nothing acts on yet become warnings;
// autoscaling_config sets the number of replicas it starts with.
DeploymentOverride read_deployment(Section section);

}  // namespace manta::spec
