#pragma once

#include <string>
#include <vector>

#include "control/placement.h"
#include "control/reconcile.h"
#include "control/replica_ranks.h"

namespace manta::control {

// Takes room for one replica of `target`, or for one gang.
Result<std::vector<Placement>> place_unit(FreeResources& free, const DeploymentTarget& target);

// The replicas of one deployment that a turn starts: their ranks, and the gangs that they make.
class Starts {
 public:
  // `replicas` are wanted beyond `units`, which are those of the deployment.
  Starts(const DeploymentTarget& target, const ClusterView& view, const std::vector<const ReplicaView*>& units,
         int replicas);

  bool is_first() const { return started_ == 0; }
  bool complete() const { return started_ >= wanted_; }
  int missing() const { return wanted_ - started_; }  // replicas
  void add(std::vector<Placement> unit, std::vector<StartReplica>& starts);

 private:
  const DeploymentTarget& target_;
  bool in_gangs_;
  std::uint64_t gang_epoch_;
  int wanted_ = 0;  // replicas
  int started_ = 0;
  std::vector<int> ranks_;
  NodeRanks node_ranks_;
  std::vector<std::string> gang_ids_;
};

}  // namespace manta::control
