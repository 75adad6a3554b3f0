#pragma once

#include <string>

#include <manta/error.h>

#include "control/cluster_view.h"
#include "simulate/options.h"

namespace manta::simulate {

// The name that the controller gives to what `graph` describes.
std::string application_name(const SimulatedApplication& application, const spec::ApplicationGraph& graph);

// Where requests to `name` go: "application#deployment", the name of a deployment, or that of an application (its
// ingress); empty: the ingress of the first application. InvalidArgument names what is known.
Result<control::DeploymentKey> destination_of(const SimulationOptions& options, const std::string& name);

// InvalidArgument when a trace, a service time or a start time names a deployment that there is not.
Result<void> check_names(const SimulationOptions& options);

}  // namespace manta::simulate
