#include "control/node_report.h"

#include <algorithm>
#include <tuple>

#include "control/deployment_status.h"
#include "control/placement.h"

namespace manta::control {
namespace {

void add_amounts(Amounts& to, const Amounts& more) {
  for (const auto& [name, amount] : more) to[name] += amount;
}

// Sums of fractions miss by rounding; nothing here is counted finer.
Amounts difference(const Amounts& from, const Amounts& less) {
  Amounts rest;
  for (const auto& [name, amount] : from) {
    const auto taken = less.find(name);
    const double left = amount - (taken == less.end() ? 0 : taken->second);
    rest[name] = left < kPlacementEpsilon ? 0 : left;
  }
  return rest;
}

NodeReplica part_of(const ReplicaView& replica, const Resources& resources, const std::vector<int>& gpus) {
  return {.replica_id = replica.id,
          .application = replica.key.application,
          .deployment = replica.key.deployment,
          .state = std::string(state_name(replica)),
          .holds = amounts_of(resources),
          .gpus = gpus};
}

// A replica counts where it runs; bundles elsewhere only hold.
void add_replica(NodeReport& node, const ReplicaView& replica) {
  if (replica.node_id == node.node_id) ++node.replicas_of[replica.key.application + "/" + replica.key.deployment];
  if (replica.bundles.empty() && replica.node_id == node.node_id)
    node.replicas.push_back(part_of(replica, replica.resources, replica.gpus));
  for (const spec::Bundle& bundle : replica.bundles)
    if (bundle.node_id == node.node_id) node.replicas.push_back(part_of(replica, bundle.resources, bundle.gpus));
}

bool is_on(const ReplicaView& replica, const std::string& node_id) {
  return replica.node_id == node_id ||
         std::ranges::any_of(replica.bundles, [&](const spec::Bundle& bundle) { return bundle.node_id == node_id; });
}

NodeReport report_of(const NodeView& view, const NodeFacts& facts) {
  NodeReport node{.node_id = view.node_id,
                  .address = view.address,
                  .is_head = view.is_head,
                  .state = view.alive ? "ALIVE" : "LEAVING",
                  .total = amounts_of(view.machine.value_or(view.total)),
                  .accelerator_type = view.accelerator_type,
                  .labels = view.labels};
  const auto drain = std::ranges::find(facts.drains, view.node_id, &NodeDrain::node_id);
  if (drain != facts.drains.end() && drain->state != "ALIVE") {
    node.state = drain->state;
    node.message = drain->message;
  }
  for (const ReplicaView& replica : facts.replicas) add_replica(node, replica);
  for (const NodeReplica& replica : node.replicas) add_amounts(node.used, replica.holds);
  const Amounts ours = amounts_of(view.total);
  for (const auto& [name, others] : difference(node.total, ours))
    if (others > 0) node.used_by_others[name] = others;
  node.free = difference(ours, node.used);
  if (const auto proxy = facts.proxies.find(view.node_id); proxy != facts.proxies.end()) node.proxy = proxy->second;
  if (const auto message = facts.proxy_messages.find(view.node_id); message != facts.proxy_messages.end())
    node.proxy_message = message->second;
  return node;
}

// Nodes that are no longer known, as long as replicas of them are.
std::vector<NodeReport> lost_nodes(const NodeFacts& facts) {
  std::map<std::string, NodeReport> lost;
  for (const ReplicaView& replica : facts.replicas) {
    if (replica.node_id.empty() || lost.contains(replica.node_id)) continue;
    if (std::ranges::find(facts.nodes, replica.node_id, &NodeView::node_id) != facts.nodes.end()) continue;
    NodeReport& node = lost[replica.node_id];
    node = {.node_id = replica.node_id, .state = "LOST"};
    for (const ReplicaView& other : facts.replicas)
      if (is_on(other, node.node_id)) add_replica(node, other);
  }
  std::vector<NodeReport> nodes;
  for (auto& [id, node] : lost) nodes.push_back(std::move(node));
  return nodes;
}

}  // namespace

Amounts amounts_of(const Resources& resources) {
  Amounts amounts;
  if (resources.num_cpus > 0) amounts["CPU"] = resources.num_cpus;
  if (resources.num_gpus > 0) amounts["GPU"] = resources.num_gpus;
  if (resources.memory > 0) amounts["memory"] = resources.memory;
  for (const auto& [name, amount] : resources.resources)
    if (amount > 0) amounts[name] += amount;
  return amounts;
}

std::vector<NodeReport> node_reports(const NodeFacts& facts) {
  std::vector<NodeReport> nodes;
  for (const NodeView& view : facts.nodes) nodes.push_back(report_of(view, facts));
  for (NodeReport& node : lost_nodes(facts)) nodes.push_back(std::move(node));
  std::ranges::sort(nodes, {}, [](const NodeReport& node) { return std::tuple(!node.is_head, node.node_id); });
  return nodes;
}

std::optional<std::set<std::string>> nodes_in_use(const Controller& controller) {
  if (!controller.adopted()) return std::nullopt;
  std::set<std::string> nodes;
  for (const auto& [id, replica] : controller.replicas())
    if (!replica.view.node_id.empty()) nodes.insert(replica.view.node_id);
  return nodes;
}

NodesReport nodes_report(const Controller& controller) {
  NodeFacts facts{.nodes = controller.node_views(),
                  .replicas = {},
                  .drains = controller.nodes(),
                  .proxies = controller.status().proxies,
                  .proxy_messages = controller.proxy_messages()};
  for (const auto& [id, replica] : controller.replicas()) facts.replicas.push_back(replica.view);
  NodesReport report{.nodes = node_reports(facts), .pending = {}};
  for (const auto& [name, application] : controller.applications())
    for (const auto& [deployment_name, deployment] : application.deployments) {
      if (deployment.pending_replicas == 0) continue;
      PendingReport pending{.application = name,
                            .deployment = deployment_name,
                            .replicas = deployment.pending_replicas,
                            .bundles = {},
                            .message = deployment.pending};
      for (const GroupItem& item : items_of(need_of(deployment.target)))
        pending.bundles.push_back(amounts_of(item.need));
      report.pending.push_back(std::move(pending));
    }
  return report;
}

}  // namespace manta::control
