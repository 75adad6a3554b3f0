#include "control/node_compaction.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "control/gang.h"
#include "control/placement.h"
#include "control/starts.h"
#include "control/whole_gangs.h"

namespace manta::control {
namespace {

constexpr Duration kLookAgain = std::chrono::seconds(10);  // a look tries a placement for every replica
constexpr double kGiB = 1024.0 * 1024 * 1024;

std::set<std::string> nodes_of(const ReplicaView& replica) {
  std::set<std::string> nodes{replica.node_id};
  for (const spec::Bundle& bundle : replica.bundles) nodes.insert(bundle.node_id);
  return nodes;
}

// Tries for each node whether what is there fits on the others that are in use.
class CompactionSearch {
 public:
  explicit CompactionSearch(const ClusterView& view)
      : view_(view), units_(view.replicas), free_(view.nodes, view.replicas, true) {
    for (const DeploymentTarget& target : view.deployments) targets_[target.key] = &target;
    for (const ReplicaView* unit : units_.all()) {
      std::set<std::string> nodes;
      for (const ReplicaView* member : units_.members(*unit)) nodes.merge(nodes_of(*member));
      for (const std::string& node : nodes) on_[node].push_back(unit);
    }
    for (auto& [node, units] : on_)
      std::ranges::stable_sort(units, std::ranges::greater(), [this](const ReplicaView* unit) {
        return packing_size(need_of(*targets_.at(unit->key)));
      });
  }

  std::string run() {
    std::vector<const NodeView*> candidates;
    for (const NodeView& node : view_.nodes) {
      if (!on_.contains(node.node_id))
        free_.set_open(node.node_id, false);
      else if (node.alive && !node.is_head)
        candidates.push_back(&node);
    }
    std::ranges::stable_sort(candidates, {}, [this](const NodeView* node) { return rank(*node); });
    for (const NodeView* node : candidates)
      if (fits_elsewhere(*node)) return node->node_id;
    return {};
  }

 private:
  // Machines of one type differ by some memory.
  std::tuple<double, double, double, std::size_t> rank(const NodeView& node) const {
    return {-node.total.num_gpus, -node.total.num_cpus, -std::round(node.total.memory / kGiB),
            on_.at(node.node_id).size()};
  }

  bool fits_elsewhere(const NodeView& node) {
    free_.set_open(node.node_id, false);
    std::vector<std::pair<const ReplicaView*, std::vector<Placement>>> moved;
    const auto& units = on_.at(node.node_id);
    const bool all = std::ranges::all_of(units, [&](const ReplicaView* unit) {
      auto placed = place_elsewhere(*targets_.at(unit->key), node);
      if (!placed) return false;
      moved.emplace_back(unit, *std::move(placed));
      return true;
    });
    for (const auto& [unit, placements] : moved) free_.give_back(need_of(*targets_.at(unit->key)), placements);
    free_.set_open(node.node_id, true);
    return all;
  }

  Result<std::vector<Placement>> place_elsewhere(const DeploymentTarget& target, const NodeView& node) {
    const auto& affinity = target.placement.affinity;
    if (affinity && affinity->node_id == node.node_id) return not_now("it is on the node of its affinity");
    if (target.placement.fallbacks.empty() || !fallback_used(need_of(target), node).empty())
      return place_unit(free_, target);
    DeploymentTarget by_own_labels = target;
    by_own_labels.placement.fallbacks.clear();
    return place_unit(free_, by_own_labels);
  }

  const ClusterView& view_;
  const Units units_;
  FreeResources free_;
  std::map<DeploymentKey, const DeploymentTarget*> targets_;
  std::map<std::string, std::vector<const ReplicaView*>> on_;  // what is on each node, the largest first
};

bool runs_as_wanted(const ReplicaView& replica, const DeploymentTarget* target) {
  return target != nullptr && replica.version == target->version && replica.phase == ReplicaPhase::Running &&
         !replica.unhealthy && !replica.outdated && !replica.leaving;
}

// Everything that is wanted runs, and nothing else.
bool everything_runs(const ClusterView& view) {
  std::map<DeploymentKey, const DeploymentTarget*> targets;
  std::map<DeploymentKey, int> missing;
  for (const DeploymentTarget& target : view.deployments) {
    if (target.deleting || target.removed || target.deploy_failed) return false;
    targets[target.key] = &target;
    missing[target.key] = whole_gangs(target.num_replicas, target.placement.gang_size);
  }
  for (const ReplicaView& replica : view.replicas) {
    const auto target = targets.find(replica.key);
    if (!runs_as_wanted(replica, target == targets.end() ? nullptr : target->second)) return false;
    --missing[replica.key];
  }
  return std::ranges::all_of(missing, [](const auto& entry) { return entry.second == 0; }) &&
         std::ranges::none_of(view.nodes, [](const NodeView& node) { return node.draining || !node.alive; });
}

std::size_t replicas_on(const ClusterView& view, const std::string& node_id) {
  return static_cast<std::size_t>(std::ranges::count_if(
      view.replicas, [&](const ReplicaView& replica) { return nodes_of(replica).contains(node_id); }));
}

}  // namespace

std::string node_to_compact(const ClusterView& view) {
  const bool has_target = std::ranges::all_of(view.replicas, [&](const ReplicaView& replica) {
    return std::ranges::find(view.deployments, replica.key, &DeploymentTarget::key) != view.deployments.end();
  });
  return has_target ? CompactionSearch(view).run() : std::string();
}

std::optional<NodeCompaction::Change> NodeCompaction::look(const ClusterView& view, bool lacks_room) {
  wake_at_.reset();
  if (!options_.packs_nodes) return std::nullopt;
  if (!node_id_.empty()) return follow(view, lacks_room);
  if (!everything_runs(view)) {
    settled_since_.reset();
    return std::nullopt;
  }
  if (!settled_since_) settled_since_ = view.now;
  const TimePoint at = std::max(*settled_since_ + options_.delay, not_before_);
  if (at <= view.now) return begin(view);
  wake_at_ = at;
  return std::nullopt;
}

std::optional<NodeCompaction::Change> NodeCompaction::begin(const ClusterView& view) {
  node_id_ = node_to_compact(view);
  begun_ = view.now;
  if (node_id_.empty()) {
    not_before_ = view.now + kLookAgain;
    return std::nullopt;
  }
  wake_at_ = begun_ + options_.timeout;
  return Change{.step = Step::Begun,
                .node_id = node_id_,
                .message = fmt::format("what runs on node {} fits on others that are in use: it is started there first",
                                       node_id_)};
}

NodeCompaction::Change NodeCompaction::end(Step step, std::string message) {
  settled_since_.reset();
  return {.step = step, .node_id = std::exchange(node_id_, {}), .message = std::move(message)};
}

NodeCompaction::Change NodeCompaction::give_up(TimePoint now, std::string message) {
  failures_ = std::min(failures_ + 1, 30);
  not_before_ = now + std::min<Duration>(std::chrono::seconds(1LL << failures_), options_.most_backoff);
  return end(Step::GivenUp, std::move(message));
}

std::optional<NodeCompaction::Change> NodeCompaction::follow(const ClusterView& view, bool lacks_room) {
  if (std::ranges::find(view.nodes, node_id_, &NodeView::node_id) == view.nodes.end())
    return end(Step::GivenUp, fmt::format("node {} has left", node_id_));
  const std::size_t left = replicas_on(view, node_id_);
  if (left == 0) {
    failures_ = 0;
    return end(Step::Completed, fmt::format("node {} is empty", node_id_));
  }
  if (lacks_room) return give_up(view.now, fmt::format("node {} is kept: a replica fits nowhere else", node_id_));
  if (view.now >= begun_ + options_.timeout)
    return give_up(view.now,
                   fmt::format("node {} is kept: it still has {} replica{} after {:g} s", node_id_, left,
                               left == 1 ? "" : "s", std::chrono::duration<double>(options_.timeout).count()));
  wake_at_ = begun_ + options_.timeout;
  return std::nullopt;
}

}  // namespace manta::control
