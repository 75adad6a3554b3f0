#include "control/controller.h"

#include <algorithm>
#include <utility>

#include "base/unix_time.h"
#include "control/replicas_of.h"
#include "control/restart_backoff.h"

namespace manta::control {

Controller::Controller(ControllerParts parts, ControllerOptions options)
    : parts_(std::move(parts)),
      options_(std::move(options)),
      random_(options_.seed),
      events_(parts_.loop, parts_.logger, parts_.store),
      drains_(parts_.logger, parts_.store, parts_.loop.now()),
      compaction_(options_.packing),
      health_{.started_s = unix_time_s(), .started_at = parts_.loop.now()},
      traffic_(parts_.loop, parts_.logger, parts_.store, events_, [this] { request_turn(); }),
      tasks_(parts_.loop) {}

Controller::~Controller() {
  parts_.loop.cancel(wake_);
  parts_.loop.cancel(adoption_limit_);
  parts_.loop.cancel(scaling_.timer);
  save_policy_memories();
  for (auto& [id, replica] : replicas_) parts_.loop.cancel(replica.start_timer);
}

void Controller::request_turn() {
  if (!loaded_ || std::exchange(turn_requested_, true)) return;
  health_.wanted_at = parts_.loop.now();
  parts_.loop.post([this] {
    turn_requested_ = false;
    turn();
  });
}

void Controller::turn() {
  const TimePoint begun = parts_.loop.now();
  ++turns_;
  roll_back_failed();
  update_settings();
  autoscale();
  mark_leaving();
  const ClusterView& seen = view();
  if (compact_nodes(seen)) view();
  const TimePoint deciding = parts_.loop.now();
  const Plan plan = reconcile(seen);
  const TimePoint decided = parts_.loop.now();
  carry_out(plan);
  settle();
  store_progress();
  forget_the_gone();
  publish();
  for (const StopReplica& stop : plan.stops) tasks_.spawn(stop_process(stop.id, stop.grace_s));
  arm_wake(plan);
  health_.turn({.wanted = health_.wanted_at,
                .begun = begun,
                .deciding = deciding,
                .decided = decided,
                .ended = parts_.loop.now()});
  if (!replicas_.empty() || (!applications_.empty() && !stopping_all_)) return;
  for (auto& done : std::exchange(empty_, {})) done();
}

// Assigned over what the last turn saw: most of it is the same, and its strings have room.
const ClusterView& Controller::view() {
  constexpr std::uint64_t kTurnsOfALife = 1'000'000'000;
  view_.now = parts_.loop.now();
  view_.gang_epoch = epoch() * kTurnsOfALife + turns_;
  view_.packs_nodes = options_.packing.packs_nodes;
  view_.nodes = nodes_;
  for (NodeView& node : view_.nodes) node.alive = node.alive && !node.draining;
  std::size_t count = 0;
  for (const auto& [name, application] : applications_) count += application.deployments.size();
  view_.deployments.resize(count);
  auto target = view_.deployments.begin();  // those that have processes of their own
  for (const auto& [name, application] : applications_)
    for (const auto& [deployment_name, deployment] : application.deployments) {
      if (!deployment.target.host.empty()) {
        auto own = own_processes(deployment);
        if (!own) continue;
        *target = *std::move(own);
      } else {
        *target = deployment.target;
        if (on_fallback(deployment)) *target = target_in_force(deployment);
      }
      if (stopping_all_) target->deleting = true;
      ++target;
    }
  view_.deployments.erase(target, view_.deployments.end());
  view_.replicas.resize(replicas_.size());
  auto view = view_.replicas.begin();  // one for each process
  for (const auto& [id, replica] : replicas_)
    if (replica.members.empty() && replica.host.empty())
      *view++ = replica.view;
    else if (replica.host.empty())
      *view++ = whole_process(replica);
  view_.replicas.erase(view, view_.replicas.end());
  return view_;
}

DeploymentFacts Controller::facts(const Deployment& deployment) const {
  DeploymentFacts facts{.target = deployment.target,
                        .goal = deployment.goal,
                        .replicas = {},
                        .pending = deployment.pending,
                        .pending_replicas = deployment.pending_replicas,
                        .last_failure = deployment.last_failure,
                        .proven = deployment.proven,
                        .scaling = deployment.scaling};
  facts.target.deleting = facts.target.deleting || deployment.removed;
  for (const auto& [id, replica] : replicas_of(replicas_, deployment.target.key))
    if (const ReplicaView& view = replica.view; view.key == deployment.target.key)
      facts.replicas.push_back({.phase = view.phase,
                                .unhealthy = view.unhealthy,
                                .outdated = view.outdated,
                                .leaving = view.leaving,
                                .is_of_target = view.version == deployment.target.version});
  return facts;
}

// Routing forgets a stopped replica in this turn; its process is told after the publication.
void Controller::carry_out(const Plan& plan) {
  note_plan(plan);
  note_scale_downs(plan);
  for (auto& [name, application] : applications_)
    for (auto& [deployment_name, deployment] : application.deployments) {
      const DeploymentTarget& target = deployment.target;
      const DeploymentKey key{target.key.application, target.host.empty() ? target.key.deployment : target.host};
      const auto pending = plan.pending.find(key);
      deployment.pending = pending == plan.pending.end() ? "" : pending->second;
      const auto waiting = plan.pending_replicas.find(key);
      deployment.pending_replicas = waiting == plan.pending_replicas.end() ? 0 : waiting->second;
    }
  for (const DeploymentKey& key : plan.dropped)
    if (Deployment* deployment = deployment_of(key)) deployment->target.deleting = true;
  for (const StopReplica& stop : plan.stops) {
    Replica& replica = replicas_.at(stop.id);
    replica.view.phase = ReplicaPhase::Stopping;
    replica.stopping_since = parts_.loop.now();
    stop_members(replica);
    parts_.loop.cancel(replica.start_timer);
    parts_.logger.info("replica stops", {{"replica", stop.id}, {"grace_s", stop.grace_s}});
  }
  for (const StartReplica& start : plan.starts) add_replica(start);
}

void Controller::forget_the_gone() {
  const auto has_replicas = [this](const DeploymentKey& key) {
    return std::ranges::any_of(replicas_, [&](const auto& entry) { return entry.second.view.key == key; });
  };
  for (auto& [name, application] : applications_)
    std::erase_if(application.deployments, [&](const auto& entry) {
      const DeploymentTarget& target = entry.second.target;
      if (!target.deleting || has_replicas(target.key)) return false;
      figures_.ended(target.key, parts_.loop.now());
      return true;
    });
  std::erase_if(applications_,
                [](const auto& entry) { return entry.second.deleting && entry.second.deployments.empty(); });
}

void Controller::arm_wake(const Plan& plan) {
  parts_.loop.cancel(std::exchange(wake_, 0));
  const TimePoint at =
      std::min(plan.wake_at.value_or(TimePoint::max()), compaction_.wake_at().value_or(TimePoint::max()));
  if (at != TimePoint::max()) wake_ = parts_.loop.at(at, [this] { request_turn(); });
}

void Controller::stop_all(std::function<void()> done) {
  stopping_all_ = true;
  when_empty(std::move(done));
}

void Controller::when_empty(std::function<void()> done) {
  empty_.push_back(std::move(done));
  request_turn();
}

void Controller::set_proxy_status(const std::string& node_id, std::string status, std::string message) {
  if (message.empty())
    proxy_messages_.erase(node_id);
  else
    proxy_messages_[node_id] = std::move(message);
  if (status.empty())
    proxies_.erase(node_id);
  else
    proxies_[node_id] = std::move(status);
  request_turn();
}

}  // namespace manta::control
