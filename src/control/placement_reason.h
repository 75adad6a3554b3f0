#pragma once

#include <string>
#include <vector>

#include "control/placement_group.h"
#include "control/placement_node.h"

namespace manta::control {

// Why one share fits nowhere: "needs 2 GPUs, the largest free is 1" with one node, else what it needs and what each
// node (at most the first few) lacks.
std::string why_nowhere(const std::vector<FreeNode>& nodes, const Resources& need, const GroupRules& rules);

// Why the bundles of a group do not fit: the one that fits nowhere by itself, else what they lack together.
std::string why_no_group(const std::vector<FreeNode>& nodes, const std::vector<GroupItem>& items,
                         const GroupRules& rules);

}  // namespace manta::control
