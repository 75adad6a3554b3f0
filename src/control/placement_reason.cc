#include "control/placement_reason.h"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

namespace manta::control {
namespace {

constexpr std::size_t kNodesNamed = 8;

// "2 GPUs, 1 CPU"
std::string needs_text(const Resources& need) {
  std::string text;
  const auto add = [&text](const std::string& part) { text += (text.empty() ? "" : ", ") + part; };
  if (need.num_gpus > 0) add(counted(need.num_gpus, "GPU"));
  if (need.num_cpus > 0) add(counted(need.num_cpus, "CPU"));
  if (need.memory > 0) add(bytes_text(need.memory) + " of memory");
  for (const auto& [name, count] : need.resources) add(fmt::format("{} of resource '{}'", amount_text(count), name));
  return text.empty() ? "a node" : text;
}

std::string why_not_on(const FreeNode& node, const Resources& need, const GroupRules& rules) {
  if (!rules.node_id.empty() && node.view().node_id != rules.node_id) return {};
  std::string text = node.why_not(need);
  if (text.empty() && rules.max_replicas_per_node > 0)
    text = fmt::format("max_replicas_per_node {} reached", rules.max_replicas_per_node);
  return text;
}

// With one node there is no need to name it.
std::string why_not_on_the_only(const FreeNode& node, const Resources& need, const GroupRules& rules) {
  if (!node.is_eligible(need)) return "the node cannot take it: " + node.why_not(need);
  if (need.num_gpus > 0 && node.largest_gpus(need.num_gpus) < need.num_gpus - kPlacementEpsilon)
    return fmt::format("needs {}, the largest free is {}", counted(need.num_gpus, "GPU"),
                       amount_text(std::max(0.0, node.largest_gpus(need.num_gpus))));
  if (need.num_cpus > 0 && node.cpus() < need.num_cpus - kPlacementEpsilon)
    return fmt::format("needs {}, the largest free is {}", counted(need.num_cpus, "CPU"),
                       amount_text(std::max(0.0, node.cpus())));
  if (need.memory > 0 && node.memory() < need.memory)
    return fmt::format("needs {} of memory, the largest free is {}", bytes_text(need.memory),
                       bytes_text(std::max(0.0, node.memory())));
  for (const auto& [name, count] : need.resources)
    if (count > node.custom(name) + kPlacementEpsilon)
      return fmt::format("needs {} of resource '{}', the largest free is {}", amount_text(count), name,
                         amount_text(node.custom(name)));
  return fmt::format("max_replicas_per_node is {} and every node has as many", rules.max_replicas_per_node);
}

Resources sum_of(const std::vector<GroupItem>& items) {
  Resources sum{.num_cpus = 0};
  for (const GroupItem& item : items) {
    sum.num_cpus += item.need.num_cpus;
    sum.num_gpus += item.need.num_gpus;
    sum.memory += item.need.memory;
    for (const auto& [name, count] : item.need.resources) sum.resources[name] += count;
  }
  return sum;
}

// What all nodes that may be used have together, as one node.
FreeNode all_in_one(const std::vector<FreeNode>& nodes, const GroupRules& rules) {
  NodeView view{.total = {.num_cpus = 0}};
  std::vector<double> gpus;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (!nodes[i].view().alive || (!rules.barred.empty() && rules.barred[i])) continue;
    view.total.num_cpus += std::max(0.0, nodes[i].cpus());
    view.total.memory += std::max(0.0, nodes[i].memory());
    for (const auto& [name, total] : nodes[i].view().total.resources)
      view.total.resources[name] += std::max(0.0, nodes[i].custom(name));
    gpus.insert(gpus.end(), nodes[i].gpus().begin(), nodes[i].gpus().end());
  }
  view.total.num_gpus = static_cast<double>(gpus.size());
  FreeNode all(std::move(view));
  for (std::size_t i = 0; i < gpus.size(); ++i)
    all.take({.num_cpus = 0, .num_gpus = 1 - gpus[i]}, {static_cast<int>(i)});
  return all;
}

std::string why_not_together(const std::vector<FreeNode>& nodes, const std::vector<GroupItem>& items,
                             const GroupRules& rules) {
  const Resources sum = sum_of(items);
  if (rules.strategy == Strategy::StrictSpread) {
    const auto fitting = std::ranges::count_if(nodes, [&](const FreeNode& node) {
      return std::ranges::any_of(items, [&](const GroupItem& item) { return node.fits(item.need); });
    });
    if (fitting < static_cast<std::ptrdiff_t>(items.size()))
      return fmt::format("needs {} nodes, {} {} room", items.size(), fitting, fitting == 1 ? "has" : "have");
    return "no choice of different nodes has room for all";
  }
  if (rules.strategy == Strategy::StrictPack) {
    const bool lacks = std::ranges::none_of(nodes, [&](const FreeNode& node) { return node.fits(sum); });
    if (lacks) return why_nowhere(nodes, sum, rules) + (nodes.size() > 1 ? " (all on one node)" : "");
    return "what is free on one node does not fit the parts";
  }
  const FreeNode all = all_in_one(nodes, rules);
  Resources lacked = sum;
  if (std::accumulate(all.gpus().begin(), all.gpus().end(), kPlacementEpsilon) >= sum.num_gpus) lacked.num_gpus = 0;
  const std::string lacking = all.why_not(lacked);
  if (!lacking.empty()) return fmt::format("needs {}; all nodes together: {}", needs_text(sum), lacking);
  return "each part fits somewhere, but not all together";
}

}  // namespace

std::string why_nowhere(const std::vector<FreeNode>& nodes, const Resources& need, const GroupRules& rules) {
  if (nodes.empty()) return "no node is known";
  if (nodes.size() == 1 && (rules.node_id.empty() || nodes.front().view().node_id == rules.node_id))
    return why_not_on_the_only(nodes.front(), need, rules);
  std::string text;
  std::size_t named = 0, others = 0;
  for (const FreeNode& node : nodes) {
    const std::string reason = why_not_on(node, need, rules);
    if (reason.empty()) continue;
    if (named == kNodesNamed) {
      ++others;
      continue;
    }
    ++named;
    text += fmt::format("; node {}: {}", node.view().node_id, reason);
  }
  if (others > 0) text += fmt::format("; {} more nodes", others);
  if (!rules.node_id.empty() && named == 0)
    text = fmt::format("; node {} of node_affinity is not known", rules.node_id);
  return "needs " + needs_text(need) + text;
}

std::string why_no_group(const std::vector<FreeNode>& nodes, const std::vector<GroupItem>& items,
                         const GroupRules& rules) {
  for (std::size_t i = 0; i < items.size(); ++i) {
    const bool fits = std::ranges::any_of(nodes, [&](const FreeNode& node) {
      return node.fits(items[i].need) && (!items[i].is_replica || admits_replica(node, rules));
    });
    GroupRules own = rules;
    if (!items[i].is_replica) own.node_id.clear();
    if (!fits) return fmt::format("part {} of {} {}", i + 1, items.size(), why_nowhere(nodes, items[i].need, own));
  }
  return why_not_together(nodes, items, rules);
}

}  // namespace manta::control
