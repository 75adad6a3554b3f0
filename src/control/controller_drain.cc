// Controller: replicas and nodes that are being emptied.
#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "base/unix_time.h"
#include "control/change_events.h"
#include "control/controller.h"

namespace manta::control {
namespace {

std::string plural(std::size_t count, const std::string& what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

// What is left of a drain's time: ", in 90 s at latest".
std::string until_text(Duration time_left) {
  if (time_left <= Duration::zero()) return {};
  return fmt::format(", in {:.4g} s at latest", std::chrono::duration<double>(time_left).count());
}

}  // namespace

// By order, or with a node that the cluster gives up; also one that only holds a bundle there. A gang goes as one, by
// the earliest of its deadlines.
void Controller::mark_leaving() {
  std::map<std::string, TimePoint> emptied;  // until when
  for (NodeView& node : nodes_) {
    node.draining = drains_.has_node(node.node_id) || node.node_id == compaction_.node_id();
    if (node.draining || !node.alive)
      emptied[node.node_id] = std::min(drains_.node_deadline(node.node_id), node.ends_at);
  }
  const auto leave_with = [&](const std::string& node_id, ReplicaView& view) {
    const auto node = emptied.find(node_id);
    if (node == emptied.end()) return;
    view.leaving = true;
    view.leave_by = std::min(view.leave_by, node->second);
  };
  std::map<std::pair<std::string, std::uint64_t>, TimePoint> gangs;
  for (auto& [id, replica] : replicas_) {
    ReplicaView& view = replica.view;
    view.leaving = drains_.has_replica(id);
    view.leave_by = drains_.replica_deadline(id);
    leave_with(view.node_id, view);
    for (const spec::Bundle& bundle : view.bundles) leave_with(bundle.node_id, view);
    if (!view.leaving || view.gang_id.empty()) continue;
    const auto gang = gangs.emplace(std::pair(view.gang_id, view.gang_epoch), view.leave_by).first;
    gang->second = std::min(gang->second, view.leave_by);
  }
  if (gangs.empty()) return;
  for (auto& [id, replica] : replicas_) {
    const auto gang = gangs.find({replica.view.gang_id, replica.view.gang_epoch});
    if (gang == gangs.end()) continue;
    replica.view.leaving = true;
    replica.view.leave_by = gang->second;
  }
}

// Nodes that the cluster has begun to give up since `before`.
void Controller::note_leaving_nodes(const std::vector<NodeView>& before) {
  for (const NodeView& node : nodes_) {
    const auto known = std::ranges::find(before, node.node_id, &NodeView::node_id);
    if (node.alive || (known != before.end() && !known->alive)) continue;
    parts_.logger.warn("the cluster gives a node up", {{"node", node.node_id}});
    events_.record({.kind = "drain_started",
                    .message = fmt::format(
                        "node {} is given up by the cluster; its replicas are started elsewhere first", node.node_id),
                    .data = {{"node", node.node_id}}});
  }
}

Result<void> Controller::drain_replica(const std::string& id, const std::string& by, Duration time_left) {
  if (!loaded_) return fail(ErrorCode::Unavailable, "the controller is starting; try again");
  const auto found = replicas_.find(id);
  if (found == replicas_.end())
    return fail(ErrorCode::NotFound, fmt::format("there is no replica '{}'; `manta status` and the details of "
                                                 "GET /api/serve/applications/ name those that live",
                                                 id));
  const bool goes_on = drains_.has_replica(id) && time_left <= Duration::zero();
  if (goes_on || found->second.view.phase == ReplicaPhase::Stopping) return {};
  if (auto stored = drains_.add_replica(id, parts_.loop.now(), time_left); !stored) return stored;
  Event event = replica_event("drain_started", found->second.view.key, id,
                              "it is replaced first, then stopped" + until_text(time_left));
  event.by = by;
  events_.record(std::move(event));
  request_turn();
  return {};
}

Result<void> Controller::find_node(const std::string& id) const {
  if (!loaded_) return fail(ErrorCode::Unavailable, "the controller is starting; try again");
  if (std::ranges::find(nodes_, id, &NodeView::node_id) != nodes_.end()) return {};
  std::string known;
  for (const NodeView& node : nodes_) known += (known.empty() ? "" : ", ") + node.node_id;
  return fail(ErrorCode::NotFound, fmt::format("there is no node '{}'; there are: {}", id, known));
}

Result<void> Controller::drain_node(const std::string& id, const std::string& by, Duration time_left) {
  if (auto found = find_node(id); !found) return found;
  if (drains_.has_node(id) && time_left <= Duration::zero()) return {};
  if (auto stored = drains_.add_node(id, parts_.loop.now(), time_left); !stored) return stored;
  const auto there = static_cast<std::size_t>(
      std::ranges::count_if(replicas_, [&](const auto& entry) { return entry.second.view.node_id == id; }));
  events_.record({.kind = "drain_started",
                  .message = fmt::format("node {} with {}{}", id, plural(there, "replica"), until_text(time_left)),
                  .by = by,
                  .data = {{"node", id}}});
  request_turn();
  return {};
}

Result<void> Controller::undo_drain(const std::string& node, const std::string& by) {
  if (auto found = find_node(node); !found) return found;
  if (!drains_.has_node(node)) return {};
  if (auto stored = drains_.remove_node(node); !stored) return stored;
  events_.record({.kind = "drain_undone",
                  .message = fmt::format("node {} may be used again", node),
                  .by = by,
                  .data = {{"node", node}}});
  request_turn();
  return {};
}

// A replica that has ended needs no drain any more; the last one of a node ends that node's.
void Controller::note_drained(const Replica& replica) {
  if (drains_.has_replica(replica.view.id))
    if (const auto forgotten = drains_.remove_replica(replica.view.id); !forgotten)
      parts_.logger.error("a drain cannot be forgotten", {{"error", forgotten.error().message}});
  if (!replica.view.leaving) return;
  events_.record(replica_event("drain_completed", replica.view.key, replica.view.id, "it has ended"));
  const auto node = std::ranges::find(nodes_, replica.view.node_id, &NodeView::node_id);
  if (node == nodes_.end() || (node->alive && !node->draining) || node->node_id == compaction_.node_id()) return;
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
    if (node.node_id == compaction_.node_id()) {
      entry.state = "COMPACTING";
      entry.message = "its replicas move to other nodes";
    }
    if (drains_.has_node(node.node_id)) {
      if (const TimePoint deadline = drains_.node_deadline(node.node_id); deadline != TimePoint::max())
        entry.deadline = unix_time_s() + std::chrono::duration<double>(deadline - parts_.loop.now()).count();
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
