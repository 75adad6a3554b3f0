#include "control/placement.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace manta::control {
namespace {

// Sums of fractions such as 0.1 must not miss by rounding.
constexpr double kEpsilon = 1e-9;

std::string amount(double value) { return fmt::format("{:g}", std::round(value * 10'000) / 10'000); }

std::string counted(double value, std::string_view noun) {
  const std::string plural = value == 1 ? "" : "s";
  return fmt::format("{} {}{}", amount(value), noun, plural);
}

std::string bytes_text(double value) {
  if (value >= 1024.0 * 1024 * 1024) return fmt::format("{:.1f} GiB", value / (1024.0 * 1024 * 1024));
  return fmt::format("{:.0f} MiB", value / (1024.0 * 1024));
}

// How much of `count` GPUs a node could give: whole free ones, or the largest share for a fraction.
double largest_gpus(const std::vector<double>& free, double count) {
  if (count < 1) return free.empty() ? 0 : *std::ranges::max_element(free);
  return static_cast<double>(std::ranges::count_if(free, [](double share) { return share >= 1 - kEpsilon; }));
}

}  // namespace

std::vector<int> choose_gpus(const std::vector<double>& free, double count) {
  std::vector<int> chosen;
  if (count >= 1) {
    for (std::size_t i = 0; i < free.size() && static_cast<double>(chosen.size()) < count - kEpsilon; ++i)
      if (free[i] >= 1 - kEpsilon) chosen.push_back(static_cast<int>(i));
    if (static_cast<double>(chosen.size()) < count - kEpsilon) chosen.clear();
    return chosen;
  }
  int best = -1;
  for (std::size_t i = 0; i < free.size(); ++i)
    if (free[i] >= count - kEpsilon && (best < 0 || free[i] < free[static_cast<std::size_t>(best)]))
      best = static_cast<int>(i);
  if (best >= 0) chosen.push_back(best);
  return chosen;
}

FreeResources::FreeResources(const std::vector<NodeView>& nodes, const std::vector<ReplicaView>& replicas) {
  for (const NodeView& node : nodes) {
    nodes_.push_back({.id = node.node_id,
                      .cpus = node.total.num_cpus,
                      .memory = node.total.memory,
                      .custom = node.total.resources,
                      .gpus = std::vector<double>(static_cast<std::size_t>(std::max(0.0, node.total.num_gpus)), 1.0),
                      .replicas = {}});
  }
  for (const ReplicaView& replica : replicas) {
    const auto node = std::ranges::find(nodes_, replica.node_id, &Node::id);
    if (node != nodes_.end()) take(*node, replica);
  }
}

void FreeResources::take(Node& node, const ReplicaView& replica) {
  node.cpus -= replica.resources.num_cpus;
  node.memory -= replica.resources.memory;
  for (const auto& [name, count] : replica.resources.resources) node.custom[name] -= count;
  const double share = std::min(1.0, replica.resources.num_gpus);
  for (const int gpu : replica.gpus)
    if (gpu >= 0 && static_cast<std::size_t>(gpu) < node.gpus.size()) node.gpus[static_cast<std::size_t>(gpu)] -= share;
  if (replica.phase != ReplicaPhase::Stopping) ++node.replicas[replica.key];
}

Result<Placement> FreeResources::place(const DeploymentKey& key, const Resources& need, int max_per_node) {
  Node* best = nullptr;
  for (Node& node : nodes_) {
    const bool fits = node.cpus >= need.num_cpus - kEpsilon && (need.memory <= 0 || node.memory >= need.memory) &&
                      (need.num_gpus <= 0 || !choose_gpus(node.gpus, need.num_gpus).empty()) &&
                      (max_per_node <= 0 || node.replicas[key] < max_per_node) &&
                      std::ranges::all_of(need.resources, [&](const auto& custom) {
                        return node.custom[custom.first] >= custom.second - kEpsilon;
                      });
    if (fits && (best == nullptr || node.cpus > best->cpus)) best = &node;
  }
  if (best == nullptr) return fail(ErrorCode::Unavailable, "pending: " + missing(need, key, max_per_node));
  Placement placement{.node_id = best->id, .gpus = {}};
  if (need.num_gpus > 0) placement.gpus = choose_gpus(best->gpus, need.num_gpus);
  take(*best, {.key = key, .node_id = best->id, .resources = need, .gpus = placement.gpus});
  return placement;
}

// Names the first resource that no node has enough of; if each is somewhere but not together, says so.
std::string FreeResources::missing(const Resources& need, const DeploymentKey& key, int max_per_node) const {
  if (nodes_.empty()) return "no node is known";
  double gpus = 0, cpus = 0, memory = 0;
  bool room = false;
  std::map<std::string, double> custom;
  for (const Node& node : nodes_) {
    gpus = std::max(gpus, largest_gpus(node.gpus, need.num_gpus));
    cpus = std::max(cpus, node.cpus);
    memory = std::max(memory, node.memory);
    for (const auto& [name, free] : node.custom) custom[name] = std::max(custom[name], free);
    const auto count = node.replicas.find(key);
    room = room || max_per_node <= 0 || count == node.replicas.end() || count->second < max_per_node;
  }
  if (need.num_gpus > gpus + kEpsilon)
    return fmt::format("needs {}, the largest free is {}", counted(need.num_gpus, "GPU"), amount(gpus));
  if (need.num_cpus > cpus + kEpsilon)
    return fmt::format("needs {}, the largest free is {}", counted(need.num_cpus, "CPU"), amount(std::max(0.0, cpus)));
  if (need.memory > memory)
    return fmt::format("needs {} of memory, the largest free is {}", bytes_text(need.memory),
                       bytes_text(std::max(0.0, memory)));
  for (const auto& [name, count] : need.resources)
    if (count > custom[name] + kEpsilon)
      return fmt::format("needs {} of resource '{}', the largest free is {}", amount(count), name,
                         amount(custom[name]));
  if (!room) return fmt::format("max_replicas_per_node is {} and every node has as many", max_per_node);
  return "no single node has all it needs";
}

}  // namespace manta::control
