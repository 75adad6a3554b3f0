// Controller: the life of one replica.
#include <algorithm>
#include <chrono>
#include <utility>

#include <fmt/format.h>

#include <manta/detail/json.h>

#include "base/of_seconds.h"
#include "control/change_events.h"
#include "control/controller.h"
#include "control/replica_placement.h"
#include "control/restart_backoff.h"
#include "control/together.h"

namespace manta::control {
namespace {

constexpr std::size_t kDeadRemembered = 20;
constexpr int kHealthFailureLimit = 3;

std::string how_it_ended(const runtime::ReplicaExit& exit) {
  return exit.signal != 0 ? fmt::format("killed by signal {}", exit.signal)
                          : fmt::format("exit code {}", exit.exit_code);
}

std::string join_lines(std::string first, const std::string& second) {
  if (!first.empty() && !second.empty()) first += '\n';
  return first + second;
}

}  // namespace

Controller::Deployment* Controller::deployment_of(const DeploymentKey& key) {
  const auto application = applications_.find(key.application);
  if (application == applications_.end()) return nullptr;
  const auto deployment = application->second.deployments.find(key.deployment);
  return deployment == application->second.deployments.end() ? nullptr : &deployment->second;
}

std::string Controller::new_id(const DeploymentKey& key) {
  constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz0123456789";
  for (;;) {
    std::string id = key.application + "#" + key.deployment + "#";
    for (int i = 0; i < 6; ++i) id += kAlphabet[random_() % kAlphabet.size()];
    if (!replicas_.contains(id)) return id;
  }
}

runtime::ReplicaProcess Controller::process_of(const Replica& replica, const Deployment& deployment,
                                               const Application& application) const {
  const ApplicationRecord& record = record_in_force(deployment, application);
  const spec::NodeSpec& node = node_in_force(deployment);
  const ReplicaView& view = replica.view;
  ReplicaSpec spec{.application = view.key.application,
                   .deployment = view.key.deployment,
                   .id = view.id,
                   .version = view.version,
                   .node_id = view.node_id,
                   .artifact_kind = record.artifact.kind,
                   .artifact = record.artifact.path,
                   .artifact_sha256 = record.artifact.sha256,
                   .function = record.artifact.function,
                   .graph_index = record.graph_index,
                   .args = record.config.args,
                   .fingerprint = node.fingerprint,
                   .config = node.config,
                   .controller_address = options_.controller_address};
  ReplicaLabels labels{.application = view.key.application,
                       .deployment = view.key.deployment,
                       .version = view.version,
                       .resources = view.resources};
  const DeploymentConfig whole = process_config(record, node);
  spec.members = member_specs(replica, record);
  for (const MemberSpec& member : spec.members) {
    labels.members.push_back(member.id);
    if (std::ranges::find(node.children, member.deployment) != node.children.end())
      spec.children.push_back(member.deployment);
  }
  set_place(spec, view);
  set_place(labels, view);
  runtime::ReplicaProcess process{
      .id = view.id,
      .artifact = record.artifact.path,
      .program = record.artifact.kind == "executable" ? record.artifact.path : "",
      .arguments = {"--application", view.key.application, "--deployment", view.key.deployment, "--id", view.id},
      .environment = record.config.env_vars,
      .resources = view.resources,
      .epoch = epoch(),
      .labels = detail::to_json(labels).value_or("{}")};
  for (const auto& [name, value] : whole.env_vars) process.environment[name] = value;
  set_place(process, view);
  process.environment[kReplicaSpecVariable] = detail::to_json(spec).value_or("{}");
  return process;
}

void Controller::add_replica(const StartReplica& start) {
  Deployment* deployment = deployment_of(start.key);
  if (deployment == nullptr) return;
  deployment->target.started = true;
  const DeploymentTarget target = target_in_force(*deployment);
  const DeploymentConfig& config = node_in_force(*deployment).config;
  Replica replica;
  replica.view = {.id = new_id(start.key),
                  .key = start.key,
                  .version = target.version,
                  .phase = ReplicaPhase::Starting,
                  .resources = target.resources,
                  .since = parts_.loop.now()};
  set_place(replica.view, start);
  replica.settings = spec::running_settings(config);
  const std::string id = replica.view.id;
  const Application& application = applications_.at(start.key.application);
  const ApplicationRecord& record = record_in_force(*deployment, application);
  runtime::ReplicaProcess process = process_of(replica, *deployment, application);
  const double limit_s = process_config(record, node_in_force(*deployment)).initialization_timeout_s;
  replica.start_timer = parts_.loop.after(of_seconds(limit_s), [this, id, limit_s] {
    const auto late = replicas_.find(id);
    if (late != replicas_.end())
      start_failed(late->second,
                   fmt::format("replica {} was not ready within {:g} s (initialization_timeout_s)", id, limit_s));
  });
  replicas_.emplace(id, std::move(replica));
  figures_.started(id, start.key);
  add_members(id, record);
  tasks_.spawn(start_process(id, std::move(process)));
}

Task<void> Controller::start_process(std::string id, runtime::ReplicaProcess process) {
  auto observed = co_await parts_.backend.start(std::move(process));
  const auto found = replicas_.find(id);
  if (found == replicas_.end()) co_return;
  Replica& replica = found->second;
  if (!observed) {
    start_failed(replica, observed.error().message);
    events_.record(replica_event("replica_start_failed", replica.view.key, id, observed.error().message));
    parts_.loop.cancel(replica.start_timer);
    figures_.ended(id, replica.view.key, parts_.loop.now());
    forget_members(replica);
    replicas_.erase(id);
    request_turn();
    co_return;
  }
  replica.observed = std::move(*observed);
  replica.process_since = parts_.loop.now();
  parts_.logger.info("replica started", {{"replica", id}, {"pid", replica.observed.pid}});
  events_.record(replica_event("replica_started", replica.view.key, id,
                               fmt::format("pid {} on node {}", replica.observed.pid, replica.observed.node_id)));
  if (replica.view.phase != ReplicaPhase::Stopping) connect(replica);
  connect_members(replica);
}

Task<void> Controller::stop_process(std::string id, double grace_s) {
  const auto stopped = co_await parts_.backend.stop(id, grace_s);
  if (!stopped) parts_.logger.warn("replica cannot be stopped", {{"replica", id}, {"error", stopped.error().message}});
}

void Controller::connect(Replica& replica) {
  const std::string& address = replica.observed.address;
  auto heard = [this, id = replica.view.id](const spec::ReplicaState& state) { on_state(id, state); };
  if (parts_.link)
    replica.link = parts_.link(address, std::move(heard));
  else
    replica.link = std::make_unique<ChannelLink>(parts_.loop, budget_, address, std::move(heard));
}

void Controller::on_state(const std::string& id, const spec::ReplicaState& state) {
  const auto found = replicas_.find(id);
  if (found == replicas_.end()) return;
  Replica& replica = found->second;
  const bool places_changed = replica.state.max_ongoing_requests != state.max_ongoing_requests;
  replica.state = state;
  take_replica_load(replica);
  if (replica.view.phase == ReplicaPhase::Stopping) return;
  if (state.state == "START_FAILED") {
    start_failed(replica, state.message, state.is_final);
  } else if (state.state == "RUNNING" && replica.view.phase != ReplicaPhase::Running) {
    became_running(replica);
  } else if (state.state == "STARTING" && replica.view.phase == ReplicaPhase::Recovering) {
    replica.view.phase = ReplicaPhase::Starting;
  } else if (!places_changed) {
    return;
  }
  finish_adoption_if_heard();
  request_turn();
}

void Controller::became_running(Replica& replica) {
  parts_.loop.cancel(std::exchange(replica.start_timer, 0));
  const bool was_starting = replica.view.phase == ReplicaPhase::Starting;
  note_running(replica);
  replica.view.phase = ReplicaPhase::Running;
  replica.running_since = parts_.loop.now();
  figures_.set_healthy(replica.view.id, replica.view.key, true);
  const double took_ms = std::chrono::duration<double, std::milli>(parts_.loop.now() - replica.view.since).count();
  if (was_starting) {
    figures_.took(ReplicaStep::Startup, replica.view.key, replica.running_since - replica.view.since);
    figures_.took(ReplicaStep::Initialization, replica.view.key, replica.running_since - replica.process_since);
  }
  parts_.logger.info("replica running", {{"replica", replica.view.id}, {"after_ms", took_ms}});
  schedule_check(replica, true);
}

// The first check comes after a part of the period, so that replicas started together are not checked together.
void Controller::schedule_check(Replica& replica, bool first) {
  const Deployment* deployment = deployment_of(replica.view.key);
  if (deployment == nullptr) return;
  const DeploymentConfig& config = deployment->node.config;
  const double unit = std::uniform_real_distribution<double>(0, 1)(random_);
  const double factor = first ? 0.5 + 0.5 * unit : 0.9 + 0.2 * unit;
  replica.link->check_health(of_seconds(config.health_check_period_s * factor),
                             of_seconds(config.health_check_timeout_s),
                             [this, id = replica.view.id](const Result<void>& result) { on_health(id, result); });
}

void Controller::on_health(const std::string& id, const Result<void>& result) {
  const auto found = replicas_.find(id);
  if (found == replicas_.end() || found->second.view.phase == ReplicaPhase::Stopping) return;
  Replica& replica = found->second;
  replica.health_failures = result ? 0 : replica.health_failures + 1;
  if (result) return schedule_check(replica, false);
  figures_.check_failed(id, replica.view.key);
  parts_.logger.warn("health check failed",
                     {{"replica", id}, {"in_a_row", replica.health_failures}, {"error", result.error().message}});
  events_.record(replica_event("health_check_failed", replica.view.key, id,
                               fmt::format("{} in a row: {}", replica.health_failures, result.error().message)));
  if (replica.health_failures < kHealthFailureLimit) return schedule_check(replica, false);
  replica.view.unhealthy = true;
  events_.record(replica_event("replica_unhealthy", replica.view.key, id, result.error().message));
  figures_.set_healthy(id, replica.view.key, false);
  if (Deployment* deployment = deployment_of(owner_of(replica).view.key)) {
    if (deployment->reached) deployment->goal = Goal::Recover;
    count_failure(*deployment, replica.view.version, false,
                  fmt::format("replica {} failed {} health checks in a row: {}", id, replica.health_failures,
                              result.error().message));
  }
  request_turn();
}

// The process is ended here and not by the plan: a replica that failed to start has no requests to drain.
void Controller::start_failed(Replica& failed, const std::string& message, bool is_final) {
  Replica& replica = owner_of(failed);
  if (replica.start_counted) return;
  replica.start_counted = true;
  replica.state.message = message;
  parts_.loop.cancel(std::exchange(replica.start_timer, 0));
  parts_.logger.warn("replica failed to start", {{"replica", replica.view.id}, {"error", message}});
  if (Deployment* deployment = deployment_of(replica.view.key))
    count_failure(*deployment, replica.view.version, true, message, is_final);
  replica.view.phase = ReplicaPhase::Stopping;
  replica.stopping_since = parts_.loop.now();
  stop_members(replica);
  tasks_.spawn(stop_process(replica.view.id, 5));
  request_turn();
}

// Starts of what has proven itself are tried on; what a rollout that was given up failed with stays its reason.
void Controller::count_failure(Deployment& deployment, const std::string& version, bool start_failure,
                               const std::string& message, bool is_final) {
  const bool of_target = version == deployment.target.version && !on_fallback(deployment);
  FailureRecord& failures =
      of_target || !deployment.fallback ? deployment.target.failures : deployment.fallback->target.failures;
  failures.last = parts_.loop.now();
  ++failures.early_exits;
  if (deployment.target.deploy_failed || (start_failure && !of_target)) return;
  deployment.last_failure = message;
  if (!start_failure) return;
  ++failures.start_failures;
  const int limit = start_failure_limit(deployment.target.max_constructor_retry_count, deployment.target.num_replicas);
  if ((failures.start_failures < limit && !is_final) || deployment.goal == Goal::Recover || deployment.proven) return;
  deployment.target.deploy_failed = true;
  fail_members(deployment, message);
  events_.record(deployment_event("rollout_failed", deployment.target.key, message));
  parts_.logger.error("deployment failed", {{"application", deployment.target.key.application},
                                            {"deployment", deployment.target.key.deployment},
                                            {"failures", failures.start_failures}});
}

// One of that version has proven stable.
void Controller::forgive(Deployment& deployment, const std::string& version) {
  if (version == deployment.target.version && !on_fallback(deployment))
    deployment.target.failures = {};
  else if (deployment.fallback)
    deployment.fallback->target.failures = {};
}

void Controller::on_exit(const runtime::ReplicaExit& exit) {
  if (!loaded_) exited_early_.insert(exit.id);
  const auto found = replicas_.find(exit.id);
  if (found == replicas_.end()) return;
  Replica& replica = found->second;
  const bool expected = replica.view.phase == ReplicaPhase::Stopping;
  const bool was_running =
      replica.view.phase == ReplicaPhase::Running || replica.view.phase == ReplicaPhase::Recovering;
  const std::string message =
      join_lines(replica.state.message.empty() ? fmt::format("replica {} ended: {}", exit.id, how_it_ended(exit))
                                               : replica.state.message,
                 exit.last_output);
  Deployment* deployment = deployment_of(replica.view.key);
  if (deployment != nullptr && replica.start_counted && deployment->target.version == replica.view.version)
    deployment->last_failure = message;
  if (deployment != nullptr && !expected && was_running) {
    if (parts_.loop.now() - replica.running_since >= kStableAfter) forgive(*deployment, replica.view.version);
    if (deployment->reached) deployment->goal = Goal::Recover;
    count_failure(*deployment, replica.view.version, false, message);
    parts_.logger.warn("replica died", {{"replica", exit.id}, {"how", how_it_ended(exit)}});
  } else if (!expected) {
    start_failed(replica, message);
  }
  if (replica.stopping_since)
    figures_.took(ReplicaStep::Shutdown, replica.view.key, parts_.loop.now() - *replica.stopping_since);
  note_end(replica, how_it_ended(exit), message);
  note_drained(replica);
  figures_.ended(exit.id, replica.view.key, parts_.loop.now());
  dead_.push_back({.id = exit.id, .message = message, .key = replica.view.key, .pid = exit.pid});
  if (dead_.size() > kDeadRemembered) dead_.erase(dead_.begin());
  parts_.loop.cancel(replica.start_timer);
  forget_members(replica);
  replicas_.erase(found);
  finish_adoption_if_heard();
  request_turn();
}

}  // namespace manta::control
