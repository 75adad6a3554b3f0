// Controller: from its start until it knows what an earlier controller left.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include <manta/detail/json.h>

#include "base/of_seconds.h"
#include "base/unix_time.h"
#include "control/change_events.h"
#include "control/controller.h"
#include "control/replica_placement.h"

namespace manta::control {
namespace {

// Replicas that have not been heard by then count as running all the same; their health checks decide.
constexpr Duration kAdoptionLimit = std::chrono::seconds(10);
constexpr Duration kRetry = std::chrono::milliseconds(200);

std::vector<NodeView> views_of(const std::vector<runtime::NodeInfo>& nodes, TimePoint now) {
  std::vector<NodeView> views;
  for (const runtime::NodeInfo& node : nodes)
    views.push_back({.node_id = node.node_id,
                     .total = node.total,
                     .labels = node.labels,
                     .accelerator_type = node.accelerator_type,
                     .alive = !node.is_leaving,
                     .is_head = node.is_head,
                     .address = node.address,
                     .machine = node.machine,
                     .ends_at = node.is_leaving && node.leaves_at_s > 0
                                    ? now + of_seconds(node.leaves_at_s - unix_time_s())
                                    : TimePoint::max()});
  return views;
}

bool is_there(const std::string& node_id, const std::vector<NodeView>& nodes) {
  return std::ranges::find(nodes, node_id, &NodeView::node_id) != nodes.end();
}

// A node that holds a part of what the replica reserved is gone, and with it what the replica had started there.
bool lost_a_bundle(const ReplicaView& replica, const std::vector<NodeView>& nodes) {
  return std::ranges::any_of(replica.bundles,
                             [&](const spec::Bundle& bundle) { return !is_there(bundle.node_id, nodes); });
}

}  // namespace

void Controller::begin() {
  parts_.backend.on_exit([this](const runtime::ReplicaExit& exit) { on_exit(exit); });
  read_scales();
  parts_.backend.on_nodes_changed([this] { tasks_.spawn(read_nodes()); });
  tasks_.spawn(adopt());
}

Task<void> Controller::read_nodes() {
  auto nodes = co_await parts_.backend.nodes();
  if (!nodes) {
    parts_.logger.warn("nodes cannot be read", {{"error", nodes.error().message}});
    co_return;
  }
  const std::vector<NodeView> before = std::exchange(nodes_, views_of(*nodes, parts_.loop.now()));
  note_leaving_nodes(before);
  withdraw_lost_starts();
  for (auto& [id, replica] : replicas_) {
    if (replica.view.unhealthy || !lost_a_bundle(replica.view, nodes_)) continue;
    replica.view.unhealthy = true;
    figures_.set_healthy(id, replica.view.key, false);
    parts_.logger.warn("a node of a replica's placement group is gone", {{"replica", id}});
    events_.record(replica_event("replica_unhealthy", replica.view.key, id, "a node of its placement group is gone"));
    Deployment* deployment = deployment_of(replica.view.key);
    if (deployment != nullptr && deployment->reached) deployment->goal = Goal::Recover;
  }
  request_turn();
}

// Made when the end of what ran on a node was known and its loss was not: they would wait there for ever. The next turn
// decides anew where, and nobody has failed.
void Controller::withdraw_lost_starts() {
  std::vector<std::string> lost;
  for (auto& [id, replica] : replicas_) {
    const bool waits = replica.view.phase == ReplicaPhase::Starting && replica.observed.pid == 0;
    if (!waits || is_there(replica.view.node_id, nodes_)) continue;
    replica.start_counted = true;
    replica.view.phase = ReplicaPhase::Stopping;
    parts_.loop.cancel(std::exchange(replica.start_timer, 0));
    lost.push_back(id);
  }
  for (const std::string& id : lost) tasks_.spawn(stop_process(id, 0));
}

void Controller::when_loaded(std::function<void()> done) {
  if (loaded_) return done();
  when_loaded_.push_back(std::move(done));
}

// Without the backend nothing can be decided: asked until it answers.
Task<void> Controller::adopt() {
  auto loaded = co_await load();
  if (!loaded) {
    parts_.logger.error("cannot take over the instance, trying again", {{"error", loaded.error().message}});
    adoption_limit_ = parts_.loop.after(kRetry, [this] { tasks_.spawn(adopt()); });
    co_return;
  }
  loaded_ = true;
  events_.record({.kind = "controller_started",
                  .message = fmt::format("{} applications, {} living replicas", applications_.size(), replicas_.size()),
                  .data = {{"epoch", std::to_string(epoch())}}});
  exited_early_.clear();
  adoption_limit_ = parts_.loop.after(kAdoptionLimit, [this] {
    for (auto& [id, replica] : replicas_)
      if (replica.view.phase == ReplicaPhase::Recovering) became_running(replica);
    finish_adoption_if_heard();
    request_turn();
  });
  finish_adoption_if_heard();
  request_turn();
  tasks_.spawn(read_nodes());  // some may have gone while nobody looked
  for (auto& done : std::exchange(when_loaded_, {})) done();
}

Task<Result<void>> Controller::load() {
  auto stored = parts_.store.deployed();
  if (!stored) co_return std::unexpected(std::move(stored.error()));
  auto nodes = co_await parts_.backend.nodes();
  if (!nodes) co_return std::unexpected(std::move(nodes.error()));
  auto living = co_await parts_.backend.list();
  if (!living) co_return std::unexpected(std::move(living.error()));
  nodes_ = views_of(*nodes, parts_.loop.now());
  const std::size_t applications = stored->records.size();
  set_targets(std::move(*stored));
  for (const runtime::ObservedReplica& observed : *living)
    if (!exited_early_.contains(observed.id)) take_over(observed);
  for (const auto& [id, replica] : replicas_)
    if (Deployment* deployment = deployment_of(replica.view.key))
      deployment->proven =
          deployment->proven || (deployment->completed && replica.view.version == deployment->target.version);
  if (applications > 0 || !living->empty())
    parts_.logger.info("instance taken over",
                       {{"epoch", epoch()}, {"applications", applications}, {"replicas", living->size()}});
  co_return Result<void>();
}

void Controller::take_over(const runtime::ObservedReplica& observed) {
  auto labels = detail::from_json<ReplicaLabels>(observed.labels, UnknownKeys::Ignore);
  if (!labels) labels = ReplicaLabels{};  // belongs to no deployment: the first turn stops it
  Replica replica;
  replica.view = {.id = observed.id,
                  .key = {labels->application, labels->deployment},
                  .version = labels->version,
                  .phase = ReplicaPhase::Recovering,
                  .node_id = observed.node_id,
                  .resources = labels->resources,
                  .since = parts_.loop.now()};
  set_place(replica.view, *labels);
  replica.observed = observed;
  const auto added = replicas_.insert_or_assign(observed.id, std::move(replica)).first;
  connect(added->second);
  if (!labels->members.empty()) adopt_members(observed.id, labels->members);
}

void Controller::finish_adoption_if_heard() {
  if (!loaded_ || adopted_) return;
  for (const auto& [id, replica] : replicas_)
    if (replica.view.phase == ReplicaPhase::Recovering) return;
  adopted_ = true;
  parts_.loop.cancel(std::exchange(adoption_limit_, 0));
}

}  // namespace manta::control
