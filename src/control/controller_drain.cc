// Controller: replicas and nodes that are being emptied.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "control/change_events.h"
#include "control/controller.h"

namespace manta::control {
namespace {

std::string plural(std::size_t count, const std::string& what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

}  // namespace

// A gang goes as one.
void Controller::mark_leaving() {
  std::set<std::pair<std::string, std::uint64_t>> gangs;
  for (auto& [id, replica] : replicas_) {
    replica.view.leaving = drains_.has_replica(id) || drains_.has_node(replica.view.node_id);
    if (replica.view.leaving && !replica.view.gang_id.empty())
      gangs.emplace(replica.view.gang_id, replica.view.gang_epoch);
  }
  for (auto& [id, replica] : replicas_)
    if (gangs.contains({replica.view.gang_id, replica.view.gang_epoch})) replica.view.leaving = true;
  for (NodeView& node : nodes_) node.draining = drains_.has_node(node.node_id);
}

Result<void> Controller::drain_replica(const std::string& id, const std::string& by) {
  if (!loaded_) return fail(ErrorCode::Unavailable, "the controller is starting; try again");
  const auto found = replicas_.find(id);
  if (found == replicas_.end())
    return fail(ErrorCode::NotFound, fmt::format("there is no replica '{}'; `manta status` and the details of "
                                                 "GET /api/serve/applications/ name those that live",
                                                 id));
  if (drains_.has_replica(id) || found->second.view.phase == ReplicaPhase::Stopping) return {};
  if (auto stored = drains_.set_replica(id, true); !stored) return stored;
  Event event = replica_event("drain_started", found->second.view.key, id, "it is replaced first, then stopped");
  event.by = by;
  events_.record(std::move(event));
  request_turn();
  return {};
}

Result<void> Controller::drain_node(const std::string& id, bool drained, const std::string& by) {
  if (!loaded_) return fail(ErrorCode::Unavailable, "the controller is starting; try again");
  if (std::ranges::find(nodes_, id, &NodeView::node_id) == nodes_.end()) {
    std::string known;
    for (const NodeView& node : nodes_) known += (known.empty() ? "" : ", ") + node.node_id;
    return fail(ErrorCode::NotFound, fmt::format("there is no node '{}'; there are: {}", id, known));
  }
  if (drains_.has_node(id) == drained) return {};
  if (auto stored = drains_.set_node(id, drained); !stored) return stored;
  const auto there = static_cast<std::size_t>(
      std::ranges::count_if(replicas_, [&](const auto& entry) { return entry.second.view.node_id == id; }));
  events_.record({.kind = drained ? "drain_started" : "drain_undone",
                  .message = drained ? fmt::format("node {} with {}", id, plural(there, "replica"))
                                     : fmt::format("node {} may be used again", id),
                  .by = by,
                  .data = {{"node", id}}});
  request_turn();
  return {};
}

// A replica that has ended needs no drain any more; the last one of a node ends that node's.
void Controller::note_drained(const Replica& replica) {
  if (drains_.has_replica(replica.view.id))
    if (const auto forgotten = drains_.set_replica(replica.view.id, false); !forgotten)
      parts_.logger.error("a drain cannot be forgotten", {{"error", forgotten.error().message}});
  if (!replica.view.leaving) return;
  events_.record(replica_event("drain_completed", replica.view.key, replica.view.id, "it has ended"));
  if (!drains_.has_node(replica.view.node_id)) return;
  const auto left = std::ranges::count_if(
      replicas_, [&](const auto& entry) { return entry.second.view.node_id == replica.view.node_id; });
  if (left > 1) return;  // this one is still among them
  events_.record({.kind = "drain_completed",
                  .message = fmt::format("node {} has no replicas any more", replica.view.node_id),
                  .data = {{"node", replica.view.node_id}}});
}

std::vector<NodeDrain> Controller::nodes() const {
  std::vector<NodeDrain> all;
  for (const NodeView& node : nodes_) {
    NodeDrain entry{.node_id = node.node_id, .state = "ALIVE"};
    for (const auto& [id, replica] : replicas_)
      if (replica.view.node_id == node.node_id) ++entry.replicas;
    if (drains_.has_node(node.node_id)) {
      entry.state = entry.replicas == 0 ? "DRAINED" : "DRAINING";
      for (const auto& [name, application] : applications_)
        for (const auto& [deployment_name, deployment] : application.deployments)
          if (!deployment.pending.empty() && entry.replicas > 0)
            entry.message += fmt::format("{}{}/{}: {}", entry.message.empty() ? "" : "; ", name, deployment_name,
                                         deployment.pending);
    }
    all.push_back(std::move(entry));
  }
  return all;
}

}  // namespace manta::control
