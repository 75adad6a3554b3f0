#pragma once

#include <map>
#include <string>
#include <vector>

#include "control/placement.h"

namespace manta::control {

// A cluster of its own bookkeeping, against which placements are checked: what each node has, and what was placed.
class CheckedCluster {
 public:
  explicit CheckedCluster(std::vector<NodeView> all) : nodes(std::move(all)) {}

  void add(const ReplicaNeed& need, const Placement& placement);
  void remove(std::size_t index) { replicas.erase(replicas.begin() + static_cast<std::ptrdiff_t>(index)); }

  // What is wrong: a node or a device that gives more than it has, a need that is not met; empty when all is well.
  std::string fault() const;
  // Tries every node and every choice of devices for every item, by its own rules; with its labels, then its fallbacks.
  bool can_place(const ReplicaNeed& need, int members, Strategy strategy) const;

  std::vector<NodeView> nodes;
  std::vector<ReplicaView> replicas;
  // By id of a replica without bundles: the other selectors that its node may meet instead of its own.
  std::map<std::string, std::vector<std::map<std::string, std::string>>> fallbacks;

 private:
  int next_ = 0;
};

}  // namespace manta::control
