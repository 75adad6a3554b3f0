#pragma once

#include <map>
#include <string>
#include <vector>

#include "runtime/backend.h"
#include "runtime/ray/bridge_messages.h"

namespace manta::runtime {

// What one of our replicas holds of one node. Not settled: it has just been asked for, started or ended, and Ray's
// figures may or may not show it.
struct HeldShare {
  std::string node_id;
  Resources amounts;
  bool is_settled = true;
};

// Says how much of each node our replicas may hold together: all of it less what other users of the cluster take. What
// others take is total - free - ours; as ours is not always in Ray's figures yet, what was seen last stands as long as
// it is possible.
class NodeTotals {
 public:
  // In the order of `nodes`. A node that Ray drains is told as leaving.
  std::vector<NodeInfo> of(const std::vector<BridgeNode>& nodes, const std::vector<HeldShare>& held);

 private:
  std::map<std::string, Amounts> taken_by_others_;  // by node
};

}  // namespace manta::runtime
