#pragma once

#include <vector>

#include <manta/traffic_config.h>

#include "spec/application_graph.h"
#include "spec/validate.h"

namespace manta::spec {

// What cannot be in the `traffic` of an application, whatever it is made of: "traffic[0].split[1].weight".
std::vector<Fault> traffic_faults(const std::vector<TrafficRule>& rules);

// What its deployments cannot do: a target is a deployment of the application that has every method of the ingress, in
// the same way (raw request or typed), and no routing policy of the application's own. Overrides are applied.
std::vector<Fault> traffic_faults(const std::vector<TrafficRule>& rules, const ApplicationGraph& graph);

}  // namespace manta::spec
