#include "control/replica_ranks.h"

namespace manta::control {

std::vector<int> free_ranks(const std::vector<const ReplicaView*>& replicas, const std::string& version, int count) {
  std::set<int> taken;
  for (const ReplicaView* replica : replicas)
    if (replica->version == version && replica->phase != ReplicaPhase::Stopping) taken.insert(replica->rank);
  std::vector<int> ranks;
  for (int rank = 0; static_cast<int>(ranks.size()) < count; ++rank)
    if (!taken.contains(rank)) ranks.push_back(rank);
  return ranks;
}

void NodeRanks::add(const ReplicaView& living) {
  Node& node = nodes_[living.node_id];
  node.rank = living.node_rank;
  node.local_ranks.add(living.local_rank);
  node_ranks_.add(living.node_rank);
}

NodeRanks::Place NodeRanks::take(const std::string& node_id) {
  const auto [node, is_new] = nodes_.try_emplace(node_id);
  if (is_new) node->second.rank = node_ranks_.take();
  return {.node_rank = node->second.rank, .local_rank = node->second.local_ranks.take()};
}

}  // namespace manta::control
