#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "control/cluster_view.h"

namespace manta::control {

// Replicas as they are started and stopped: a replica of no gang by itself, a gang as one. A gang is shown as one
// ReplicaView: its phase is that of the member that is least far, `unhealthy` is set as soon as one member is dead,
// unhealthy or stopping, and it is Stopping when all that live are. Lives no longer than the replicas it was made from.
class Units {
 public:
  explicit Units(const std::vector<ReplicaView>& replicas);

  const std::deque<ReplicaView>& gangs() const { return gangs_; }
  // Every replica of no gang, and every gang, in no order.
  const std::vector<const ReplicaView*>& all() const { return all_; }
  // The replicas that a unit stands for: itself, or the members that live.
  std::vector<const ReplicaView*> members(const ReplicaView& unit) const;
  // How many replicas a unit is.
  static int size(const ReplicaView& unit) { return unit.gang_id.empty() ? 1 : unit.world_size; }
  // A gang that has lost a member: what is left of it must end before the gang is started again.
  bool is_broken_gang(const ReplicaView& unit) const { return !unit.gang_id.empty() && unit.unhealthy; }

 private:
  std::vector<const ReplicaView*> all_;
  std::deque<ReplicaView> gangs_;
  std::map<const ReplicaView*, std::vector<const ReplicaView*>> members_;
};

// How many gangs may start when `replicas` of them are missing: none takes the place of one whose processes still live,
// so that two lives of a gang never meet.
int gangs_that_may_start(const DeploymentTarget& target, const std::vector<const ReplicaView*>& units, int replicas);

// Names for `count` new gangs: "rag#Llm#gang-0", the lowest numbers that no living process has.
std::vector<std::string> free_gang_ids(const DeploymentKey& key, const std::vector<const ReplicaView*>& units,
                                       int count);

// "gang rag#Llm#gang-0 lost a member and restarts when its other 3 processes have ended"; empty when there is none.
std::string restarting_gangs(const Units& units, const std::vector<const ReplicaView*>& of_deployment);

// Gangs all of whose members are among these replicas, which run and are healthy.
std::vector<std::pair<std::string, std::uint64_t>> complete_gangs(const std::vector<const ReplicaView*>& running);

// Ids of the replicas that get no requests although they run: not all of their gang does.
std::set<std::string> members_of_incomplete_gangs(const std::vector<const ReplicaView*>& running);

}  // namespace manta::control
