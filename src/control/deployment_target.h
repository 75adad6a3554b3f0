#pragma once

#include "control/application_record.h"
#include "control/cluster_view.h"

namespace manta::control {

// What one deployment of an application is to be, before anything has happened to it.
DeploymentTarget target_of(const ApplicationRecord& record, const spec::NodeSpec& node);

RolloutLimits rollout_limits(const DeploymentConfig& config);

}  // namespace manta::control
