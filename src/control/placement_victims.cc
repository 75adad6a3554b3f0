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

using VictimNodeRanks = std::unordered_map<std::string_view, NodeRank>;

VictimNodeRanks ranks_of(const Resources& need, const std::vector<NodeView>& nodes,
                         const std::vector<ReplicaView>& all) {
  VictimNodeRanks ranks;
  for (const NodeView& node : nodes) ranks[node.node_id] = {.meets_need = meets(node, need), .is_head = node.is_head};
  for (const ReplicaView& replica : all)
    if (runs(replica)) ++ranks[replica.node_id].replicas;
  return ranks;
}

}  // namespace

std::vector<const ReplicaView*> scale_down_order(std::vector<const ReplicaView*> candidates, const Resources& need,
                                                 const std::vector<NodeView>& nodes,
                                                 const std::vector<ReplicaView>& all) {
  if (candidates.size() < 2) return candidates;
  VictimNodeRanks ranks = ranks_of(need, nodes, all);
  const auto key = [&](const ReplicaView* replica) {
    const NodeRank& node = ranks[replica->node_id];
    return std::tuple(runs(*replica), node.is_head, node.meets_need, node.replicas, std::string_view(replica->node_id),
                      -replica->rank, -replica->since.time_since_epoch().count());
  };
  std::ranges::stable_sort(candidates, {}, key);
  return candidates;
}

std::string scale_down_reason(const ReplicaView& victim, const ReplicaView* kept, const Resources& need,
                              const std::vector<NodeView>& nodes, const std::vector<ReplicaView>& all) {
  if (kept == nullptr) return "none is kept";
  if (runs(victim) != runs(*kept)) return "it does not run yet";
  VictimNodeRanks ranks = ranks_of(need, nodes, all);
  const NodeRank ours = ranks[victim.node_id], theirs = ranks[kept->node_id];
  if (ours.is_head != theirs.is_head) return "the head node keeps its replicas longest";
  if (ours.meets_need != theirs.meets_need) return "its node is gone or no longer meets what the deployment needs";
  if (ours.replicas != theirs.replicas)
    return "no other node runs fewer replicas (" + std::to_string(ours.replicas) + "): it can be given back";
  if (victim.node_id != kept->node_id) return "its node is the first by name, all else being equal";
  if (victim.rank != kept->rank) return "it has the highest rank on its node (" + std::to_string(victim.rank) + ")";
  return "it is the newest";
}

}  // namespace manta::control
