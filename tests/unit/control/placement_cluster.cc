#include "unit/control/placement_cluster.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include <fmt/format.h>

#include "control/placement_labels.h"

namespace manta::control {
namespace {

constexpr double kTolerance = 1e-6;

struct Used {
  double cpus = 0, memory = 0;
  std::map<std::string, double> custom;
  std::map<int, double> gpus;
  std::map<DeploymentKey, int> replicas;
};

std::vector<spec::Bundle> bundles_of(const ReplicaView& replica) {
  if (!replica.bundles.empty()) return replica.bundles;
  return {{.node_id = replica.node_id, .resources = replica.resources, .gpus = replica.gpus}};
}

void use(Used& used, const Resources& need, const std::vector<int>& gpus, double sign = 1) {
  used.cpus += sign * need.num_cpus;
  used.memory += sign * need.memory;
  for (const auto& [name, count] : need.resources) used.custom[name] += sign * count;
  for (const int gpu : gpus) used.gpus[gpu] += sign * std::min(1.0, need.num_gpus);
}

std::map<std::string, Used> use_of(const std::vector<ReplicaView>& replicas) {
  std::map<std::string, Used> used;
  for (const ReplicaView& replica : replicas) {
    ++used[replica.node_id].replicas[replica.key];
    for (const spec::Bundle& bundle : bundles_of(replica)) use(used[bundle.node_id], bundle.resources, bundle.gpus);
  }
  return used;
}

std::string overbooked(const NodeView& node, const Used& used) {
  if (used.cpus > node.total.num_cpus + kTolerance) return fmt::format("{}: {} CPUs", node.node_id, used.cpus);
  if (used.memory > node.total.memory + kTolerance) return fmt::format("{}: {} memory", node.node_id, used.memory);
  for (const auto& [name, count] : used.custom) {
    const auto total = node.total.resources.find(name);
    if (count > (total == node.total.resources.end() ? 0 : total->second) + kTolerance)
      return fmt::format("{}: {} {}", node.node_id, count, name);
  }
  for (const auto& [gpu, share] : used.gpus) {
    if (gpu < 0 || gpu >= static_cast<int>(node.total.num_gpus)) return fmt::format("{}: no GPU {}", node.node_id, gpu);
    if (share > 1 + kTolerance) return fmt::format("{}: GPU {} gives {}", node.node_id, gpu, share);
  }
  return {};
}

bool accepts(const NodeView& node, const Resources& need) {
  return node.alive && (need.accelerator_type.empty() || need.accelerator_type == node.accelerator_type) &&
         unmet_label(node, need.label_selector).empty();
}

bool accepts_any(const NodeView& node, Resources need,
                 const std::map<std::string, std::vector<std::map<std::string, std::string>>>& fallbacks,
                 const std::string& replica) {
  if (accepts(node, need)) return true;
  const auto own = fallbacks.find(replica);
  return own != fallbacks.end() && std::ranges::any_of(own->second, [&](const auto& selector) {
           need.label_selector = selector;
           return accepts(node, need);
         });
}

// All sets of `count` devices that could be given.
void device_sets(const NodeView& node, const Used& used, double count, int from, std::vector<int>& chosen,
                 std::vector<std::vector<int>>& sets) {
  const int wanted = count <= 0 ? 0 : std::max(1, static_cast<int>(std::ceil(count - kTolerance)));
  if (static_cast<int>(chosen.size()) == wanted) {
    sets.push_back(chosen);
    return;
  }
  for (int gpu = from; gpu < static_cast<int>(node.total.num_gpus); ++gpu) {
    const auto share = used.gpus.find(gpu);
    const double free = 1 - (share == used.gpus.end() ? 0 : share->second);
    if (free < std::min(1.0, count) - kTolerance) continue;
    chosen.push_back(gpu);
    device_sets(node, used, count, gpu + 1, chosen, sets);
    chosen.pop_back();
  }
}

class BruteForce {
 public:
  BruteForce(const std::vector<NodeView>& nodes, std::map<std::string, Used> used, const ReplicaNeed& need,
             std::vector<GroupItem> items, Strategy strategy)
      : nodes_(nodes), used_(std::move(used)), need_(need), items_(std::move(items)), strategy_(strategy) {}

  bool place(std::size_t next) {
    if (next == items_.size()) return true;
    for (const NodeView& node : nodes_) {
      if (!allows(node, items_[next])) continue;
      std::vector<std::vector<int>> sets;
      std::vector<int> chosen;
      Used& used = used_[node.node_id];
      device_sets(node, used, items_[next].need.num_gpus, 0, chosen, sets);
      for (const std::vector<int>& gpus : sets) {
        const Used before = used;
        use(used, items_[next].need, gpus);
        if (items_[next].is_replica) ++used.replicas[need_.key];
        taken_.push_back(&node);
        if (overbooked(node, used).empty() && place(next + 1)) return true;
        taken_.pop_back();
        used = before;
      }
    }
    return false;
  }

 private:
  bool allows(const NodeView& node, const GroupItem& item) {
    if (!accepts(node, item.need)) return false;
    if (strategy_ == Strategy::StrictPack && !taken_.empty() && taken_.front() != &node) return false;
    if (strategy_ == Strategy::StrictSpread && std::ranges::find(taken_, &node) != taken_.end()) return false;
    if (!item.is_replica) return true;
    const auto& affinity = need_.rules.affinity;
    if (affinity && !affinity->soft && affinity->node_id != node.node_id) return false;
    const int most = need_.max_replicas_per_node;
    return most <= 0 || used_[node.node_id].replicas[need_.key] < most;
  }

  const std::vector<NodeView>& nodes_;
  std::map<std::string, Used> used_;
  const ReplicaNeed& need_;
  std::vector<GroupItem> items_;
  Strategy strategy_;
  std::vector<const NodeView*> taken_;
};

}  // namespace

void CheckedCluster::add(const ReplicaNeed& need, const Placement& placement) {
  if (placement.bundles.empty()) fallbacks[fmt::format("r{}", next_)] = need.rules.fallbacks;
  replicas.push_back({.id = fmt::format("r{}", next_++),
                      .key = need.key,
                      .version = "v",
                      .phase = ReplicaPhase::Running,
                      .node_id = placement.node_id,
                      .resources = need.resources,
                      .gpus = placement.gpus,
                      .bundles = placement.bundles});
}

std::string CheckedCluster::fault() const {
  const auto used = use_of(replicas);
  for (const NodeView& node : nodes)
    if (const auto own = used.find(node.node_id); own != used.end())
      if (std::string text = overbooked(node, own->second); !text.empty()) return text;
  for (const ReplicaView& replica : replicas)
    for (const spec::Bundle& bundle : bundles_of(replica)) {
      const auto node = std::ranges::find(nodes, bundle.node_id, &NodeView::node_id);
      if (node == nodes.end()) return "a bundle on no node";
      if (!accepts_any(*node, bundle.resources, fallbacks, replica.id))
        return fmt::format("{} does not accept what it holds", node->node_id);
      const double wanted = bundle.resources.num_gpus;
      const auto devices = static_cast<double>(std::set(bundle.gpus.begin(), bundle.gpus.end()).size());
      if (devices != std::ceil(wanted - kTolerance)) return fmt::format("{} devices for {}", devices, wanted);
    }
  return {};
}

bool CheckedCluster::can_place(const ReplicaNeed& need, int members, Strategy strategy) const {
  const auto fits = [&](const std::map<std::string, std::string>* selector) {
    std::vector<GroupItem> items;
    for (int i = 0; i < members; ++i)
      for (GroupItem item : items_of(need)) {
        if (selector != nullptr && item.is_replica) item.need.label_selector = *selector;
        items.push_back(std::move(item));
      }
    return BruteForce(nodes, use_of(replicas), need, std::move(items), strategy).place(0);
  };
  return fits(nullptr) ||
         std::ranges::any_of(need.rules.fallbacks, [&](const auto& selector) { return fits(&selector); });
}

}  // namespace manta::control
