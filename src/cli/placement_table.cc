#include "cli/placement_table.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/aligned.h"
#include "control/placement.h"
#include "control/replica_placement.h"

namespace manta::cli {
namespace {

using Row = std::vector<std::string>;

std::string key_text(const control::DeploymentKey& key) { return key.application + "#" + key.deployment; }

std::vector<control::ReplicaView> replicas_of(const control::ClusterView& view, const control::Plan& plan) {
  std::vector<control::ReplicaView> replicas = view.replicas;
  for (const control::StartReplica& start : plan.starts) {
    control::ReplicaView replica{.key = start.key};
    const auto target = std::ranges::find(view.deployments, start.key, &control::DeploymentTarget::key);
    replica.resources = target->resources;
    control::set_place(replica, start);
    replicas.push_back(std::move(replica));
  }
  return replicas;
}

// What a replica holds on each node: one entry a bundle, "rag#Llm[1] (GPU 2)".
using Holdings = std::map<std::string, std::map<std::string, int>>;

std::string with_gpus(std::string text, const std::vector<int>& gpus, double share) {
  if (gpus.empty()) return text;
  if (share < 1) return text + fmt::format(" ({:g} of GPU {})", share, fmt::join(gpus, ","));
  return text + fmt::format(" (GPU {})", fmt::join(gpus, ","));
}

// " by fallback_strategy[0]"; empty: by its own labels.
std::string by_which_fallback(const control::ClusterView& view, const control::ReplicaView& replica) {
  const auto target = std::ranges::find(view.deployments, replica.key, &control::DeploymentTarget::key);
  const auto node = std::ranges::find(view.nodes, replica.node_id, &control::NodeView::node_id);
  if (target->placement.fallbacks.empty() || node == view.nodes.end()) return {};
  const std::string used = control::fallback_used(control::need_of(*target), *node);
  return used.empty() ? used : " by " + used;
}

Holdings holdings_of(const control::ClusterView& view, const std::vector<control::ReplicaView>& replicas) {
  Holdings holdings;
  for (const control::ReplicaView& replica : replicas) {
    std::string who = key_text(replica.key) + by_which_fallback(view, replica);
    if (!replica.gang_id.empty()) who = fmt::format("{} rank {}", replica.gang_id, replica.rank);
    if (replica.bundles.empty()) ++holdings[replica.node_id][with_gpus(who, replica.gpus, replica.resources.num_gpus)];
    for (std::size_t i = 0; i < replica.bundles.size(); ++i) {
      const spec::Bundle& bundle = replica.bundles[i];
      const std::string part = replica.bundles.size() > 1 ? fmt::format("{} bundle {}", who, i) : who;
      ++holdings[bundle.node_id][with_gpus(part, bundle.gpus, bundle.resources.num_gpus)];
    }
  }
  return holdings;
}

std::string gpu_text(const control::FreeNode& node) {
  double free = 0;
  for (const double share : node.gpus()) free += std::max(0.0, share);
  return fmt::format("{} of {}", control::amount_text(free), node.gpus().size());
}

Row node_row(const control::FreeNode& node, const std::map<std::string, int>& held) {
  std::string holds;
  for (const auto& [text, count] : held)
    holds += fmt::format("{}{}{}", holds.empty() ? "" : ", ", text, count > 1 ? fmt::format(" x{}", count) : "");
  const double memory = node.view().total.memory;
  return {node.view().node_id,
          fmt::format("{} of {}", control::amount_text(node.cpus()), control::amount_text(node.view().total.num_cpus)),
          gpu_text(node),
          memory > 0 ? fmt::format("{} of {}", control::bytes_text(node.memory()), control::bytes_text(memory)) : "-",
          holds.empty() ? "-" : holds};
}

}  // namespace

std::string placement_table(const control::ClusterView& view, const control::Plan& plan) {
  const std::vector<control::ReplicaView> replicas = replicas_of(view, plan);
  Holdings holdings = holdings_of(view, replicas);
  std::vector<Row> nodes{{"NODE", "CPU FREE", "GPU FREE", "MEMORY FREE", "HOLDS"}};
  const control::FreeResources free(view.nodes, replicas);
  for (const control::FreeNode& node : free.nodes()) nodes.push_back(node_row(node, holdings[node.view().node_id]));
  std::vector<Row> deployments{{"DEPLOYMENT", "REPLICAS", "PLACED", "PENDING"}};
  std::string reasons;
  for (const control::DeploymentTarget& target : view.deployments) {
    const auto placed = std::ranges::count(plan.starts, target.key, &control::StartReplica::key);
    const auto pending = plan.pending_replicas.find(target.key);
    const int missing = pending == plan.pending_replicas.end() ? 0 : pending->second;
    deployments.push_back(
        {key_text(target.key), std::to_string(placed + missing), std::to_string(placed), std::to_string(missing)});
    if (missing > 0) reasons += fmt::format("{}: {}\n", key_text(target.key), plan.pending.at(target.key));
  }
  return aligned(nodes) + "\n" + aligned(deployments) + (reasons.empty() ? "" : "\n" + reasons);
}

}  // namespace manta::cli
