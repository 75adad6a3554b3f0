#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <manta/error.h>

#include "control/cluster_view.h"

namespace manta::control {

struct Placement {
  std::string node_id;
  std::vector<int> gpus;  // indices to be seen by the process, ascending; empty when it needs none
};

// What every node still has to give. Filled from the nodes and the replicas that hold resources (all phases: a stopping
// replica frees its share only when its process is gone), then taken from by each placement.
class FreeResources {
 public:
  FreeResources(const std::vector<NodeView>& nodes, const std::vector<ReplicaView>& replicas);

  // Takes the resources of one replica of `key` from the node with the most free CPUs that fits. Unavailable with the
  // reason
  // ("pending: needs 2 GPUs, the largest free is 1") when none does. A fraction of a GPU goes to the fullest one that
  // fits.
  Result<Placement> place(const DeploymentKey& key, const Resources& need, int max_replicas_per_node);

 private:
  struct Node {
    std::string id;
    double cpus = 0, memory = 0;
    std::map<std::string, double> custom;
    std::vector<double> gpus;  // free share of each
    std::map<DeploymentKey, int> replicas;
  };
  void take(Node& node, const ReplicaView& replica);
  std::string missing(const Resources& need, const DeploymentKey& key, int max_per_node) const;

  std::vector<Node> nodes_;
};

// The GPUs for `count` out of these free shares: whole free ones, or one with room for a fraction. Empty when there are
// none.
std::vector<int> choose_gpus(const std::vector<double>& free, double count);

}  // namespace manta::control
