#include "control/replica_ranks.h"

#include <set>

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

}  // namespace manta::control
