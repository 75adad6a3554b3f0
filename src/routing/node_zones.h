#pragma once

#include <map>
#include <string>
#include <vector>

#include "spec/replica_set.h"

namespace manta::routing {

// Node to zone (what a cloud calls an availability zone), of the nodes that have one.
using NodeZones = std::map<std::string, std::string>;

inline NodeZones node_zones(const std::vector<spec::NodeZone>& published) {
  NodeZones zones;
  for (const spec::NodeZone& node : published) zones.emplace(node.node_id, node.zone);
  return zones;
}

// Where a replica is, seen from its caller.
struct Nearness {
  bool same_node = false;
  bool same_zone = false;
};

// An empty `caller` is a process that knows no node of its own: nothing is near to it.
inline Nearness nearness(const std::string& caller, const std::string& replica, const NodeZones* zones) {
  if (caller.empty()) return {};
  if (caller == replica) return {.same_node = true, .same_zone = true};
  if (!zones) return {};
  const auto here = zones->find(caller), there = zones->find(replica);
  return {.same_zone = here != zones->end() && there != zones->end() && here->second == there->second};
}

}  // namespace manta::routing
