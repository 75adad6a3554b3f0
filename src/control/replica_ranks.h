#pragma once

#include <string>
#include <vector>

#include "control/cluster_view.h"

namespace manta::control {

// Ranks for `count` new replicas of the version: the lowest that no living replica of it has. So ranks are
// 0 .. num_replicas - 1, each once, whenever as many run; one that replaces another takes its rank.
std::vector<int> free_ranks(const std::vector<const ReplicaView*>& replicas, const std::string& version, int count);

}  // namespace manta::control
