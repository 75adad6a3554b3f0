#pragma once

#include <cstddef>
#include <expected>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

#include <manta/error.h>

#include "control/cluster_view.h"
#include "control/placement_group.h"
#include "control/placement_node.h"

namespace manta::control {

// Where one replica goes and what it holds there.
struct Placement {
  std::string node_id;
  std::vector<int> gpus;  // devices on its node that its process may use, its own bundle's first; empty: none
  std::vector<spec::Bundle> bundles;  // of its placement group, its own first; empty: it has none
};

// What one replica of a deployment needs.
struct ReplicaNeed {
  DeploymentKey key;
  Resources resources;
  int max_replicas_per_node = 0;
  PlacementRules rules;
};

ReplicaNeed need_of(const DeploymentTarget& target);

// All that a replica holds, for comparing: GPUs, then CPUs, then memory.
std::tuple<double, double, double> packing_size(const ReplicaNeed& need);

// By which of its selectors such a replica may be on the node: empty when the node meets its own, else
// "fallback_strategy[0]"; "none of its selectors" when the labels have changed since.
std::string fallback_used(const ReplicaNeed& need, const NodeView& node);

// What one replica holds: the bundles of its group, or one share. The first is its own.
std::vector<GroupItem> items_of(const ReplicaNeed& need);

// Unavailable, "pending: <reason>".
std::unexpected<Error> not_now(const std::string& reason);

// What every node still has to give. Filled from the nodes and the replicas that hold resources (all phases: a stopping
// replica frees its share only when its process is gone), then taken from by each placement. A failure takes nothing
// and says what is missing: "pending: needs 2 GPUs, the largest free is 1" when there is one node, else per node
// "pending: needs 0.5 GPU; node a: CPU 0 free < 1; node b: GPU 0.3 free < 0.5".
class FreeResources {
 public:
  // `packs_nodes`: what is placed goes to the node in use that is left with the least (GPUs, then CPUs, then memory),
  // and to an empty one only when no other has room.
  FreeResources(const std::vector<NodeView>& nodes, const std::vector<ReplicaView>& replicas, bool packs_nodes = false);

  // Takes what one replica needs. Without a group: from the node with the most free CPUs that fits, one without GPUs
  // for those that need none; a fraction of a GPU goes where one is shared already, to the fullest that fits. Its node
  // affinity comes first. With a group: see place_group(). Where its labels leave no room, its fallbacks are tried in
  // their order. Unavailable when it does not fit.
  Result<Placement> place(const ReplicaNeed& need);
  Result<Placement> place(const DeploymentKey& key, const Resources& need, int max_replicas_per_node);

  // All members of a gang or none, in the order of their ranks: members on one node have neighbouring ranks. Where
  // their labels leave no room, all are placed by one of the fallbacks.
  Result<std::vector<Placement>> place_gang(const ReplicaNeed& need);

  // Undoes placements of that need.
  void give_back(const ReplicaNeed& need, const std::vector<Placement>& placements);
  // Closed: nothing is placed there until it is opened again. What is held there stays held.
  void set_open(const std::string& node_id, bool open);

  const std::vector<FreeNode>& nodes() const { return nodes_; }

 private:
  // Nodes without GPUs first, then the most free CPUs, then the fewest replicas. Packing: nodes in use first, then the
  // least free GPUs, CPUs, memory. The last is the index.
  using Order = std::tuple<bool, double, double, double, std::size_t>;
  Order order_of(std::size_t node) const;
  void sort_nodes();
  template <class Change>
  void change(std::size_t node, Change change);
  int number_of(const DeploymentKey& key);
  GroupRules rules_of(const ReplicaNeed& need);
  void hold(const ReplicaView& replica, int deployment);
  std::optional<std::size_t> shared_gpu_node(const Resources& need, const GroupRules& rules) const;
  std::optional<std::size_t> fullest_node(const Resources& need, const GroupRules& rules) const;
  std::optional<std::size_t> emptiest_node(const Resources& need, const GroupRules& rules) const;
  std::optional<std::size_t> choose_node(const Resources& need, const GroupRules& rules);
  std::optional<GroupSlot> find_alone(const ReplicaNeed& need, GroupRules rules);
  Placement keep(const std::vector<GroupItem>& items, const std::vector<GroupSlot>& slots, int deployment,
                 bool is_group);
  Result<Placement> place_by_own_labels(const ReplicaNeed& need);
  Result<std::vector<Placement>> place_gang_by_own_labels(const ReplicaNeed& need);
  std::optional<std::vector<Placement>> place_flat(const ReplicaNeed& need, const GroupRules& rules);
  std::optional<std::vector<Placement>> place_one_by_one(const ReplicaNeed& need, const GroupRules& rules);

  bool packs_nodes_;
  std::vector<FreeNode> nodes_;
  std::unordered_map<std::string, std::size_t> index_;  // of nodes_ by id
  std::map<DeploymentKey, int> numbers_;
  std::set<Order> sorted_;            // of all nodes; empty until something is placed
  std::set<std::size_t> shares_gpu_;  // nodes with a GPU that is neither whole nor used up, once sorted_ is filled
};

}  // namespace manta::control
