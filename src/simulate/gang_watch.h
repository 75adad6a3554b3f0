#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "control/controller.h"
#include "control/replica_spec.h"
#include "simulate/world.h"
#include "spec/replica_set.h"

namespace manta::simulate {

// Watches what must hold of gangs: no two lives of one meet, no rank is there twice, and one that is not whole is whole
// again or gone before long. Owned by the Cluster. Loop-confined.
class GangWatch {
 public:
  explicit GangWatch(World& world) : world_(world) {}

  // Processes; those of no gang are left out.
  void started(const control::ReplicaSpec& spec);
  void ended(const control::ReplicaSpec& spec);

 private:
  struct Life {
    std::multiset<int> ranks;
    int size = 1;
    std::uint64_t changes = 0;  // looks that were begun before the last one are void
  };
  void changed(const std::string& gang, std::uint64_t epoch);
  void look(const std::string& gang, std::uint64_t epoch, std::uint64_t change);

  World& world_;
  std::map<std::string, std::map<std::uint64_t, Life>> gangs_;
};

// What is wrong with what requests are sent to: a gang of which some members are named and others not. Empty: nothing.
std::string torn_gang(const spec::RoutingSnapshot& snapshot, const control::Controller& controller);

// What is wrong with the bundles that a replica of such a deployment holds; empty: nothing.
std::string broken_group(const DeploymentConfig& config, const std::vector<spec::Bundle>& held);

}  // namespace manta::simulate
