#include "control/placement_group.h"

#include <algorithm>
#include <numeric>
#include <tuple>
#include <utility>

namespace manta::control {
namespace {

constexpr int kMaxTries = 20'000;

// The hardest first: whole GPUs before fractions, larger before smaller.
bool is_harder(const GroupItem& a, const GroupItem& b) {
  const auto key = [](const GroupItem& item) {
    return std::tuple(item.need.num_gpus, item.need.num_cpus, item.need.memory, item.need.resources.size());
  };
  return key(a) > key(b);
}

// One search with one strategy taken strictly; Pack and Spread here only order the nodes.
class GroupSearch {
 public:
  GroupSearch(std::vector<FreeNode>& nodes, const std::vector<GroupItem>& items, const GroupRules& rules)
      : nodes_(nodes), items_(items), rules_(rules), used_(nodes.size(), 0), slots_(items.size()) {
    order_.resize(items.size());
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    std::ranges::stable_sort(order_, [&](std::size_t a, std::size_t b) { return is_harder(items[a], items[b]); });
    for (const FreeNode& node : nodes)
      free_gpus_.push_back(std::accumulate(node.gpus().begin(), node.gpus().end(), 0.0));
  }

  std::optional<std::vector<GroupSlot>> run(Strategy strategy) {
    strategy_ = strategy;
    tries_ = kMaxTries;
    if (!find_candidates()) return std::nullopt;
    if (strategy != Strategy::StrictPack) return assign(0) ? std::optional(take_back()) : std::nullopt;
    std::optional<std::size_t> failed;
    for (const std::size_t node : candidates_.front()) {
      if (failed && are_alike(*failed, node)) continue;
      only_ = node;
      tries_ = kMaxTries;
      if (assign(0)) return take_back();
      failed = node;
    }
    return std::nullopt;
  }

 private:
  bool may_use(std::size_t node) const { return rules_.barred.empty() || !rules_.barred[node]; }

  // What fails on one fails on the other.
  bool are_alike(std::size_t a, std::size_t b) const {
    if (!nodes_[a].has_same_free(nodes_[b])) return false;
    const auto is_named = [this](std::size_t node) { return nodes_[node].view().node_id == rules_.node_id; };
    return rules_.node_id.empty() || (!is_named(a) && !is_named(b));
  }

  // Per item in search order, the nodes it fits on by itself, in order of preference. False if there is an item with
  // none.
  bool find_candidates() {
    candidates_.clear();
    for (std::size_t i = 0; i < order_.size(); ++i) {
      const GroupItem& item = items_[order_[i]];
      if (i > 0 && item == items_[order_[i - 1]]) {
        candidates_.push_back(candidates_.back());
        continue;
      }
      std::vector<std::size_t> fitting;
      for (std::size_t node = 0; node < nodes_.size(); ++node)
        if (may_use(node) && nodes_[node].fits(item.need) && (!item.is_replica || admits_replica(nodes_[node], rules_)))
          fitting.push_back(node);
      if (fitting.empty()) return false;
      std::ranges::stable_sort(fitting, [&](std::size_t a, std::size_t b) { return is_better(item, a, b); });
      candidates_.push_back(std::move(fitting));
    }
    return !candidates_.empty();
  }

  // On one node, or when nodes are packed: where the least is left over. Else: where the most is free, CPUs for those
  // that need no GPU.
  bool is_better(const GroupItem& item, std::size_t a, std::size_t b) const {
    const auto noted = [this](std::size_t node) { return std::ranges::find(rules_.noted, node) != rules_.noted.end(); };
    if (noted(a) != noted(b)) return noted(a) == rules_.prefers_noted;
    if (rules_.packs_nodes && nodes_[a].is_empty() != nodes_[b].is_empty()) return nodes_[b].is_empty();
    if (item.need.num_gpus <= 0 && nodes_[a].has_gpus() != nodes_[b].has_gpus()) return !nodes_[a].has_gpus();
    const bool tight = rules_.packs_nodes || strategy_ == Strategy::StrictPack;
    if (free_gpus_[a] != free_gpus_[b]) return (free_gpus_[a] < free_gpus_[b]) == tight;
    if (nodes_[a].cpus() != nodes_[b].cpus()) return (nodes_[a].cpus() < nodes_[b].cpus()) == tight;
    return nodes_[a].replicas() < nodes_[b].replicas();
  }

  // The nodes to try for the item now: those the group has, before or after those it has not.
  std::vector<std::size_t> now_in_order(std::size_t position) const {
    if (strategy_ == Strategy::StrictPack) return {*only_};
    std::vector<std::size_t> order = candidates_[position];
    if (strategy_ == Strategy::StrictSpread) {
      std::erase_if(order, [this](std::size_t node) { return used_[node] > 0; });
    } else {
      const bool pack = strategy_ == Strategy::Pack;
      std::ranges::stable_sort(order, [this, pack](std::size_t a, std::size_t b) {
        return pack ? used_[a] > used_[b] : used_[a] < used_[b];
      });
    }
    return order;
  }

  bool assign(std::size_t position) {
    if (position == order_.size()) return true;
    const GroupItem& item = items_[order_[position]];
    std::optional<std::size_t> failed;
    for (const std::size_t index : now_in_order(position)) {
      FreeNode& node = nodes_[index];
      if (used_[index] == 0 && failed && are_alike(*failed, index)) continue;
      if (!node.fits(item.need) || (item.is_replica && !admits_replica(node, rules_))) continue;
      for (std::vector<int>& gpus : node.gpu_choices(item.need.num_gpus)) {
        if (--tries_ < 0) return false;
        if (assign_here(position, index, std::move(gpus))) return true;
      }
      if (used_[index] == 0) failed = index;
    }
    return false;
  }

  bool assign_here(std::size_t position, std::size_t index, std::vector<int> gpus) {
    const GroupItem& item = items_[order_[position]];
    nodes_[index].take(item.need, gpus);
    if (item.is_replica) nodes_[index].count_replica(rules_.deployment, 1);
    ++used_[index];
    slots_[order_[position]] = {.node = index, .gpus = gpus};
    if (assign(position + 1)) return true;
    release(item, index, gpus);
    return false;
  }

  void release(const GroupItem& item, std::size_t index, const std::vector<int>& gpus) {
    nodes_[index].give_back(item.need, gpus);
    if (item.is_replica) nodes_[index].count_replica(rules_.deployment, -1);
    --used_[index];
  }

  std::vector<GroupSlot> take_back() {
    for (std::size_t i = 0; i < items_.size(); ++i) release(items_[i], slots_[i].node, slots_[i].gpus);
    return std::move(slots_);
  }

  std::vector<FreeNode>& nodes_;
  const std::vector<GroupItem>& items_;
  const GroupRules& rules_;
  Strategy strategy_ = Strategy::Pack;
  std::vector<std::size_t> order_;
  std::vector<double> free_gpus_;  // of each node, when the search began
  std::vector<std::vector<std::size_t>> candidates_;
  std::vector<int> used_;  // items of the group on each node
  std::vector<GroupSlot> slots_;
  std::optional<std::size_t> only_;
  int tries_ = 0;
};

}  // namespace

bool admits_replica(const FreeNode& node, const GroupRules& rules) {
  if (!rules.node_id.empty() && node.view().node_id != rules.node_id) return false;
  return rules.max_replicas_per_node <= 0 || node.replicas_of(rules.deployment) < rules.max_replicas_per_node;
}

std::optional<std::vector<GroupSlot>> place_group(std::vector<FreeNode>& nodes, const std::vector<GroupItem>& items,
                                                  const GroupRules& rules) {
  GroupSearch search(nodes, items, rules);
  const bool one_first = rules.strategy == Strategy::Pack && items.size() > 1;
  const bool apart_first = rules.strategy == Strategy::Spread && items.size() > 1;
  if (one_first)
    if (auto slots = search.run(Strategy::StrictPack)) return slots;
  if (apart_first)
    if (auto slots = search.run(Strategy::StrictSpread)) return slots;
  return search.run(rules.strategy);
}

}  // namespace manta::control
