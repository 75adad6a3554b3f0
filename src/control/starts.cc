#include "control/starts.h"

#include <cstddef>
#include <utility>

#include "control/gang.h"

namespace manta::control {

Result<std::vector<Placement>> place_unit(FreeResources& free, const DeploymentTarget& target) {
  if (target.placement.gang_size > 1) return free.place_gang(need_of(target));
  auto placed = free.place(need_of(target));
  if (!placed) return std::unexpected(std::move(placed.error()));
  return std::vector{*std::move(placed)};
}

Starts::Starts(const DeploymentTarget& target, const ClusterView& view, const std::vector<const ReplicaView*>& units,
               int replicas)
    : target_(target), in_gangs_(target.placement.gang_size > 1), gang_epoch_(view.gang_epoch), wanted_(replicas) {
  const auto counts = [&](const ReplicaView& replica) {
    return replica.version == target.version && replica.phase != ReplicaPhase::Stopping;
  };
  if (!in_gangs_) {
    ranks_ = free_ranks(units, target.version, replicas);
    for (const ReplicaView* replica : units)
      if (counts(*replica)) node_ranks_.add(*replica);
    return;
  }
  for (const ReplicaView& replica : view.replicas)
    if (replica.key == target.key && counts(replica)) node_ranks_.add(replica);
  const int gangs = gangs_that_may_start(target, units, replicas);
  gang_ids_ = free_gang_ids(target.key, units, gangs);
  wanted_ = gangs * target.placement.gang_size;
}

void Starts::add(std::vector<Placement> unit, std::vector<StartReplica>& starts) {
  const auto size = static_cast<int>(unit.size());
  for (int member = 0; member < size; ++member) {
    StartReplica start{.key = target_.key,
                       .placement = std::move(unit[static_cast<std::size_t>(member)]),
                       .world_size = in_gangs_ ? size : target_.num_replicas};
    const NodeRanks::Place place = node_ranks_.take(start.placement.node_id);
    start.node_rank = place.node_rank;
    start.local_rank = place.local_rank;
    if (in_gangs_) {
      start.rank = member;
      start.gang_id = gang_ids_[static_cast<std::size_t>(started_ / size)];
      start.gang_epoch = gang_epoch_;
    } else {
      start.rank = ranks_[static_cast<std::size_t>(started_)];
    }
    starts.push_back(std::move(start));
  }
  started_ += size;
}

}  // namespace manta::control
