#include "control/placement_victims.h"

#include <algorithm>
#include <string_view>
#include <tuple>
#include <unordered_map>

#include "control/placement_labels.h"

namespace manta::control {
namespace {

struct NodeRank {
  bool meets_need = false;  // a node that is not known does not
  bool is_head = false;
  int replicas = 0;
};

bool meets(const NodeView& node, const Resources& need) {
  return node.alive && (need.accelerator_type.empty() || need.accelerator_type == node.accelerator_type) &&
         unmet_label(node, need.label_selector).empty();
}

bool runs(const ReplicaView& replica) {
  return replica.phase == ReplicaPhase::Running || replica.phase == ReplicaPhase::Recovering;
}

}  // namespace

std::vector<const ReplicaView*> scale_down_order(std::vector<const ReplicaView*> candidates, const Resources& need,
                                                 const std::vector<NodeView>& nodes,
                                                 const std::vector<ReplicaView>& all) {
  if (candidates.size() < 2) return candidates;
  std::unordered_map<std::string_view, NodeRank> ranks;
  for (const NodeView& node : nodes) ranks[node.node_id] = {.meets_need = meets(node, need), .is_head = node.is_head};
  for (const ReplicaView& replica : all)
    if (runs(replica)) ++ranks[replica.node_id].replicas;
  const auto key = [&](const ReplicaView* replica) {
    const NodeRank& node = ranks[replica->node_id];
    return std::tuple(runs(*replica), node.meets_need, node.is_head, node.replicas, std::string_view(replica->node_id),
                      -replica->rank, -replica->since.time_since_epoch().count());
  };
  std::ranges::stable_sort(candidates, {}, key);
  return candidates;
}

}  // namespace manta::control
