#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "control/placement_node.h"

namespace manta::control {

// One bundle to be placed: of a group, or the replica of a gang's member.
struct GroupItem {
  Resources need;
  bool is_replica = false;  // counts for max_replicas_per_node, and the affinity is about it
  bool operator==(const GroupItem&) const = default;
};

// Where an item landed; in the order of the items.
struct GroupSlot {
  std::size_t node = 0;
  std::vector<int> gpus;
};

// What holds for all items of one search.
struct GroupRules {
  Strategy strategy = Strategy::Pack;
  int deployment = 0;  // its number in FreeNode::replicas_of
  int max_replicas_per_node = 0;
  std::string node_id;             // replicas only there; empty: anywhere
  std::vector<bool> barred;        // nodes that are not to be used; empty: none
  std::vector<std::size_t> noted;  // nodes that the rest of a gang is on: to be used rather than others, or
  bool prefers_noted = true;       // rather not
  bool packs_nodes = false;        // nodes in use before empty ones, those with the least left first
};

// Finds nodes and devices for all items at once, or none of them: `nodes` is left as it was found. Pack tries one node
// first and then as few as it can; Spread tries a node for each first and then the least shared. Which devices a
// fraction shares is searched too, so that what fits together is found. Exhaustive up to a number of tries that small
// groups never reach; beyond it a group that is hard to fit may be missed.
std::optional<std::vector<GroupSlot>> place_group(std::vector<FreeNode>& nodes, const std::vector<GroupItem>& items,
                                                  const GroupRules& rules);

// Whether a replica may be placed on the node as far as max_replicas_per_node and affinity are concerned.
bool admits_replica(const FreeNode& node, const GroupRules& rules);

}  // namespace manta::control
