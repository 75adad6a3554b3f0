#include "control/controlled.h"

namespace manta::control {

bool on_fallback(const ControlledDeployment& deployment) {
  return deployment.fallback && (deployment.removed || deployment.target.deploy_failed);
}

DeploymentTarget target_in_force(const ControlledDeployment& deployment) {
  if (!on_fallback(deployment)) return deployment.target;
  DeploymentTarget target = deployment.fallback->target;
  target.deleting = deployment.target.deleting;
  target.removed = deployment.removed;
  target.holds = true;
  target.started = true;
  if (deployment.fallback->node.config.autoscaling_config) target.num_replicas = deployment.target.num_replicas;
  return target;
}

int replicas_in_force(const ControlledDeployment& deployment) {
  return on_fallback(deployment) ? target_in_force(deployment).num_replicas : deployment.target.num_replicas;
}

const spec::NodeSpec& node_in_force(const ControlledDeployment& deployment) {
  return on_fallback(deployment) ? deployment.fallback->node : deployment.node;
}

const ApplicationRecord& record_in_force(const ControlledDeployment& deployment,
                                         const ControlledApplication& application) {
  return on_fallback(deployment) ? deployment.fallback->record : application.record;
}

}  // namespace manta::control
