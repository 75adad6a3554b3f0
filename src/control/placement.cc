#include "control/placement.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "control/placement_fallback.h"
#include "control/placement_reason.h"

namespace manta::control {
namespace {

bool is_partly_used(double share) { return share > kPlacementEpsilon && share < 1 - kPlacementEpsilon; }

constexpr double kLeast = -std::numeric_limits<double>::infinity();

}  // namespace

std::vector<GroupItem> items_of(const ReplicaNeed& need) {
  if (need.rules.bundles.empty()) return {{.need = need.resources, .is_replica = true}};
  std::vector<GroupItem> items;
  for (const Resources& bundle : need.rules.bundles) items.push_back({.need = bundle, .is_replica = items.empty()});
  return items;
}

std::unexpected<Error> not_now(const std::string& reason) { return fail(ErrorCode::Unavailable, "pending: " + reason); }

ReplicaNeed need_of(const DeploymentTarget& target) {
  return {.key = target.key,
          .resources = target.resources,
          .max_replicas_per_node = target.max_replicas_per_node,
          .rules = target.placement};
}

std::tuple<double, double, double> packing_size(const ReplicaNeed& need) {
  std::tuple<double, double, double> size;
  for (const GroupItem& item : items_of(need)) {
    std::get<0>(size) += item.need.num_gpus;
    std::get<1>(size) += item.need.num_cpus;
    std::get<2>(size) += item.need.memory;
  }
  return size;
}

FreeResources::FreeResources(const std::vector<NodeView>& nodes, const std::vector<ReplicaView>& replicas,
                             bool packs_nodes)
    : packs_nodes_(packs_nodes) {
  nodes_.reserve(nodes.size());
  for (const NodeView& node : nodes) {
    index_.emplace(node.node_id, nodes_.size());
    nodes_.emplace_back(node);
  }
  const ReplicaView* before = nullptr;  // mostly of the same deployment
  int deployment = 0;
  for (const ReplicaView& replica : replicas) {
    if (before == nullptr || before->key != replica.key) deployment = number_of(replica.key);
    hold(replica, deployment);
    before = &replica;
  }
}

void FreeResources::hold(const ReplicaView& replica, int deployment) {
  const auto own = index_.find(replica.node_id);
  if (replica.phase != ReplicaPhase::Stopping && own != index_.end()) nodes_[own->second].count_replica(deployment, 1);
  if (replica.bundles.empty() && own != index_.end()) nodes_[own->second].take(replica.resources, replica.gpus);
  for (const spec::Bundle& bundle : replica.bundles)
    if (const auto node = index_.find(bundle.node_id); node != index_.end())
      nodes_[node->second].take(bundle.resources, bundle.gpus);
}

int FreeResources::number_of(const DeploymentKey& key) {
  return numbers_.emplace(key, static_cast<int>(numbers_.size())).first->second;
}

GroupRules FreeResources::rules_of(const ReplicaNeed& need) {
  GroupRules rules{.strategy = need.rules.strategy,
                   .deployment = number_of(need.key),
                   .max_replicas_per_node = need.max_replicas_per_node,
                   .packs_nodes = packs_nodes_};
  if (need.rules.affinity) rules.node_id = need.rules.affinity->node_id;
  return rules;
}

FreeResources::Order FreeResources::order_of(std::size_t node) const {
  const FreeNode& free = nodes_[node];
  if (!packs_nodes_) return {free.has_gpus(), -free.cpus(), free.replicas(), 0, node};
  const double gpus = std::accumulate(free.gpus().begin(), free.gpus().end(), 0.0);
  return {free.is_empty(), gpus, free.cpus(), free.memory(), node};
}

void FreeResources::sort_nodes() {
  if (!sorted_.empty()) return;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    sorted_.insert(order_of(i));
    if (std::ranges::any_of(nodes_[i].gpus(), is_partly_used)) shares_gpu_.insert(i);
  }
}

template <class Change>
void FreeResources::change(std::size_t node, Change change) {
  sorted_.erase(order_of(node));
  change(nodes_[node]);
  sorted_.insert(order_of(node));
  if (std::ranges::any_of(nodes_[node].gpus(), is_partly_used))
    shares_gpu_.insert(node);
  else
    shares_gpu_.erase(node);
}

// The node whose shared GPU is left with the least.
std::optional<std::size_t> FreeResources::shared_gpu_node(const Resources& need, const GroupRules& rules) const {
  std::optional<std::size_t> best;
  double best_share = 1;
  for (const std::size_t node : shares_gpu_) {
    const std::vector<int> gpus = choose_gpus(nodes_[node].gpus(), need.num_gpus);
    if (gpus.empty()) continue;
    const double share = nodes_[node].gpus()[static_cast<std::size_t>(gpus.front())];
    if (!is_partly_used(share) || !nodes_[node].fits(need) || !admits_replica(nodes_[node], rules)) continue;
    if (best && share >= best_share) continue;
    best = node;
    best_share = share;
  }
  return best;
}

std::optional<std::size_t> FreeResources::emptiest_node(const Resources& need, const GroupRules& rules) const {
  for (auto at = sorted_.lower_bound({need.num_gpus > 0, kLeast, 0, 0, 0}); at != sorted_.end(); ++at) {
    const FreeNode& node = nodes_[std::get<std::size_t>(*at)];
    if (node.fits(need) && admits_replica(node, rules)) return std::get<std::size_t>(*at);
  }
  return std::nullopt;
}

// Best fit: what is left over is least where the least is free. Nodes with too little are stepped over.
std::optional<std::size_t> FreeResources::fullest_node(const Resources& need, const GroupRules& rules) const {
  const double least_gpus = need.num_gpus - kPlacementEpsilon, least_cpus = need.num_cpus - kPlacementEpsilon;
  for (auto at = sorted_.begin(); at != sorted_.end();) {
    const auto [is_empty, gpus, cpus, memory, index] = *at;
    if (need.num_gpus > 0 && gpus < least_gpus)
      at = sorted_.lower_bound({is_empty, least_gpus, kLeast, kLeast, 0});
    else if (need.num_cpus > 0 && cpus < least_cpus)
      at = sorted_.lower_bound({is_empty, gpus, least_cpus, kLeast, 0});
    else if (nodes_[index].fits(need) && admits_replica(nodes_[index], rules))
      return index;
    else
      ++at;
  }
  return std::nullopt;
}

std::optional<std::size_t> FreeResources::choose_node(const Resources& need, const GroupRules& rules) {
  if (!rules.node_id.empty()) {
    const auto only = index_.find(rules.node_id);
    const bool fits =
        only != index_.end() && nodes_[only->second].fits(need) && admits_replica(nodes_[only->second], rules);
    return fits ? std::optional(only->second) : std::nullopt;
  }
  if (need.num_gpus > 0 && need.num_gpus < 1)
    if (const auto shared = shared_gpu_node(need, rules)) return shared;
  return packs_nodes_ ? fullest_node(need, rules) : emptiest_node(need, rules);
}

std::optional<GroupSlot> FreeResources::find_alone(const ReplicaNeed& need, GroupRules rules) {
  const auto node = choose_node(need.resources, rules);
  if (!node) return std::nullopt;
  GroupSlot slot{.node = *node, .gpus = {}};
  if (need.resources.num_gpus > 0) slot.gpus = choose_gpus(nodes_[*node].gpus(), need.resources.num_gpus);
  return slot;
}

Placement FreeResources::keep(const std::vector<GroupItem>& items, const std::vector<GroupSlot>& slots, int deployment,
                              bool is_group) {
  Placement placement;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const GroupSlot& slot = slots[i];
    change(slot.node, [&](FreeNode& node) {
      node.take(items[i].need, slot.gpus);
      if (i == 0) node.count_replica(deployment, 1);
    });
    const std::string& node_id = nodes_[slot.node].view().node_id;
    if (i == 0) placement.node_id = node_id;
    for (const int gpu : slot.gpus)
      if (node_id == placement.node_id && std::ranges::find(placement.gpus, gpu) == placement.gpus.end())
        placement.gpus.push_back(gpu);
    if (is_group) placement.bundles.push_back({.node_id = node_id, .resources = items[i].need, .gpus = slot.gpus});
  }
  return placement;
}

void FreeResources::give_back(const ReplicaNeed& need, const std::vector<Placement>& placements) {
  for (const Placement& placement : placements) {
    const std::size_t own = index_.at(placement.node_id);
    change(own, [&](FreeNode& node) {
      node.count_replica(number_of(need.key), -1);
      if (placement.bundles.empty()) node.give_back(need.resources, placement.gpus);
    });
    for (const spec::Bundle& bundle : placement.bundles)
      change(index_.at(bundle.node_id), [&](FreeNode& node) { node.give_back(bundle.resources, bundle.gpus); });
  }
}

void FreeResources::set_open(const std::string& node_id, bool open) {
  if (const auto node = index_.find(node_id); node != index_.end()) nodes_[node->second].set_open(open);
}

Result<Placement> FreeResources::place(const DeploymentKey& key, const Resources& need, int max_replicas_per_node) {
  return place({.key = key, .resources = need, .max_replicas_per_node = max_replicas_per_node, .rules = {}});
}

Result<Placement> FreeResources::place(const ReplicaNeed& need) {
  return by_labels_in_turn(need, [this](const ReplicaNeed& choice) { return place_by_own_labels(choice); });
}

Result<Placement> FreeResources::place_by_own_labels(const ReplicaNeed& need) {
  sort_nodes();
  GroupRules rules = rules_of(need);
  const bool is_group = !need.rules.bundles.empty();
  const std::vector<GroupItem> items = items_of(need);
  const auto attempt = [&]() -> std::optional<std::vector<GroupSlot>> {
    if (is_group) return place_group(nodes_, items, rules);
    if (auto slot = find_alone(need, rules)) return std::vector{*slot};
    return std::nullopt;
  };
  auto slots = attempt();
  if (!slots && need.rules.affinity && need.rules.affinity->soft) {
    rules.node_id.clear();
    slots = attempt();
  }
  if (slots) return keep(items, *slots, rules.deployment, is_group);
  if (!is_group) return not_now(why_nowhere(nodes_, need.resources, rules));
  return not_now(fmt::format("placement group of {} ({}): {}", counted(static_cast<double>(items.size()), "bundle"),
                             name(rules.strategy), why_no_group(nodes_, items, rules)));
}

}  // namespace manta::control
