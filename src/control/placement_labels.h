#pragma once

#include <map>
#include <string>

#include "control/cluster_view.h"

namespace manta::control {

// One condition on the value of a label, in Ray's notation: "a" (is a), "!a" (is not a), "in(a,b)" (is one of them),
// "!in(a,b)" (is none of them). A node without the label meets the negative ones only. `value` is null for it.
bool label_matches(const std::string* value, const std::string& condition);

// The first condition of `selector` that the node does not meet, as "label zone is b, needs in(a,c)"; empty when it
// meets all. Every node has the labels "ray.io/node-id" and, when it is known, "ray.io/accelerator-type".
std::string unmet_label(const NodeView& node, const std::map<std::string, std::string>& selector);

// By the label "ray.io/availability-zone", else Kubernetes' "topology.kubernetes.io/zone"; empty: not known.
std::string zone_of(const NodeView& node);

}  // namespace manta::control
