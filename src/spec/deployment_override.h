#pragma once

#include <manta/config.h>
#include <manta/error.h>

#include "spec/application_graph.h"
#include "spec/instance_config.h"

namespace manta::spec {

// What the code says with the given fields replaced. `ray_actor_options` is replaced as a whole, `env_vars` variable by
// variable; a number of replicas ends the autoscaling that the code asks for, in_proxy the resources that it asks for.
// InvalidArgument with the field's path when a value does not fit or the result is not valid.
Result<DeploymentConfig> apply_override(DeploymentConfig config, const DeploymentOverride& override);

// The graph under the application's configuration: overrides, name and route prefix. An override of a deployment that
// the application does not have is InvalidArgument naming the ones it has.
Result<ApplicationGraph> apply_overrides(ApplicationGraph graph, const ApplicationConfig& application);

}  // namespace manta::spec
