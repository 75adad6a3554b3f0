// Controller: numbers of replicas that follow the load.
#include <algorithm>
#include <chrono>
#include <utility>

#include "base/unix_time.h"
#include "control/change_events.h"
#include "control/controller.h"
#include "control/metrics_health.h"
#include "control/replicas_of.h"

namespace manta::control {
namespace {

// Reports that come closer together are looked at together; a look takes about 10 us for each replica.
constexpr Duration kLookPause = std::chrono::milliseconds(20);
constexpr Duration kPauseForEach = std::chrono::microseconds(200);

void observe_delay(Metrics& metrics, ValueWindow& window, const char* name, const char* help, const DeploymentKey& key,
                   double sent_at_s) {
  if (sent_at_s <= 0) return;
  const double delay_ms = std::max(0.0, unix_time_s() - sent_at_s) * 1000;
  metrics.histogram(name, help, {{"application", key.application}, {"deployment", key.deployment}}).observe(delay_ms);
  window.add(delay_ms);
}

// The first report of a stream does not say when it was sent.
double report_age_s(const Controller::Replica& replica, TimePoint now) {
  if (replica.state.sent_at_s > 0) return std::max(0.0, unix_time_s() - replica.state.sent_at_s);
  return std::chrono::duration<double>(now - replica.running_since).count();
}

}  // namespace

std::vector<DeploymentKey> Controller::follow_load() {
  std::vector<DeploymentKey> followed;
  for (auto& [name, application] : applications_) {
    if (application.deleting) continue;
    for (auto& [deployment_name, deployment] : application.deployments) {
      const DeploymentConfig& config = node_in_force(deployment).config;
      if (deployment.target.deleting || deployment.removed || !config.autoscaling_config) continue;
      const int gang = gang_size_of(config);
      const ReplicaBounds bounds =
          replica_bounds(*config.autoscaling_config, config_.target_capacity, scaling_.capacity_grows, gang);
      scaling_.autoscaler.follow(deployment.target.key, {*config.autoscaling_config, bounds, gang,
                                                         policy_of(application, *config.autoscaling_config)});
      followed.push_back(deployment.target.key);
    }
  }
  scaling_.autoscaler.keep_only(followed);
  follow_policies(followed);
  return followed;
}

// Before replicas of an earlier controller have been heard nobody knows how many run.
void Controller::autoscale() {
  if (!adopted_ || stopping_all_) return;
  const std::vector<DeploymentKey> followed = follow_load();
  scaling_.follows = true;
  scaling_.stirred.clear();
  look_at({followed.begin(), followed.end()});
  forget_scales();
}

std::map<DeploymentKey, std::vector<std::string>> Controller::running_replicas(
    const std::set<DeploymentKey>& keys) const {
  std::map<DeploymentKey, std::vector<std::string>> running;
  for (const DeploymentKey& key : keys)
    for (const auto& [id, replica] : replicas_of(replicas_, key))
      if (replica.view.key == key && replica.view.phase == ReplicaPhase::Running && !replica.view.unhealthy)
        running[key].push_back(id);
  return running;
}

void Controller::note_loads(const DeploymentKey& key, const std::vector<std::string>& running) {
  const TimePoint now = parts_.loop.now();
  for (const std::string& id : running) {
    const spec::ReplicaState& state = replicas_.at(id).state;
    scaling_.autoscaler.replica_load(key, id, static_cast<double>(state.ongoing), now);
    scaling_.autoscaler.replica_metrics(key, id, state.autoscaling_stats, now);
  }
}

// True: another number of replicas is wanted for one of them.
bool Controller::look_at(const std::set<DeploymentKey>& keys) {
  std::map<DeploymentKey, std::vector<std::string>> running = running_replicas(keys);
  bool changed = false;
  scaling_.pause = kLookPause;
  for (const auto& [key, ids] : running) scaling_.pause += kPauseForEach * ids.size();
  for (const DeploymentKey& key : keys) {
    Deployment* deployment = deployment_of(key);
    if (deployment == nullptr || deployment->target.deleting || !scaling_.autoscaler.follows(key)) continue;
    changed = look(*deployment, running[key]) || changed;
  }
  scaling_.last_look = parts_.loop.now();
  arm_look();
  return changed;
}

// True: another number of replicas is wanted now.
bool Controller::look(Deployment& deployment, const std::vector<std::string>& running) {
  const DeploymentTarget& target = deployment.target;
  note_loads(target.key, running);
  const int count = static_cast<int>(running.size());
  int& ready = deployment.scaling.ready_replicas;
  if (ready == DeploymentScaling::kNone && deployment.completed) ready = 1;  // for an earlier controller
  ready = count >= target.num_replicas ? target.num_replicas : std::min(ready, target.num_replicas);
  scaling_.asker->stir(target.key);
  scaling_.asker->stir({target.key.application, ""});
  return carry_out(deployment, scaling_.autoscaler.look(target.key, running, target.num_replicas,
                                                        {.at = parts_.loop.now(), .unix_s = unix_time_s()}));
}

// True: another number of replicas is wanted now.
bool Controller::carry_out(Deployment& deployment, const AutoscaleDecision& decision) {
  const DeploymentTarget& target = deployment.target;
  if (decision.num_replicas == target.num_replicas) return false;
  parts_.logger.info("autoscaled", {{"application", target.key.application},
                                    {"deployment", target.key.deployment},
                                    {"from", target.num_replicas},
                                    {"to", decision.num_replicas},
                                    {"reason", decision.reason}});
  events_.record(autoscaled_event(target.key, target.num_replicas, decision));
  rescale(deployment, decision.num_replicas, true);
  return true;
}

void Controller::load_changed(const DeploymentKey& key) {
  if (!scaling_.autoscaler.follows(key)) return;
  const bool is_armed = !scaling_.stirred.empty();
  scaling_.stirred.insert(key);
  if (!is_armed) arm_look();
}

void Controller::arm_look() {
  std::optional<TimePoint> next;
  const auto at = [&next](std::optional<TimePoint> when) {
    if (when) next = next ? std::min(*next, *when) : *when;
  };
  if (!scaling_.stirred.empty()) at(std::max(parts_.loop.now(), scaling_.last_look + scaling_.pause));
  for (const DeploymentKey& key : scaling_.autoscaler.followed()) at(scaling_.autoscaler.next_look(key));
  if (const auto due = scaling_.asker ? scaling_.asker->next_due() : std::nullopt)
    at(std::max(parts_.loop.now(), *due));
  parts_.loop.cancel(std::exchange(scaling_.timer, 0));
  if (!next) return;
  scaling_.timer = parts_.loop.at(*next, [this] {
    scaling_.timer = 0;
    look_at_stirred();
  });
}

// Between two turns only those that may come to another number.
void Controller::look_at_stirred() {
  if (!adopted_ || stopping_all_) return;
  ask_policies();
  std::set<DeploymentKey> due = std::exchange(scaling_.stirred, {});
  for (const DeploymentKey& key : scaling_.autoscaler.followed())
    if (const auto next = scaling_.autoscaler.next_look(key); next && *next <= parts_.loop.now()) due.insert(key);
  if (look_at(due)) request_turn();
}

void Controller::take_replica_load(const Replica& replica) {
  const DeploymentKey& key = replica.view.key;
  if (!scaling_.autoscaler.follows(key) || replica.view.phase != ReplicaPhase::Running) return;
  observe_delay(figures_.of(key), health_.replica_delay_ms, "autoscaling_replica_metrics_delay_ms",
                "From the report of a replica to its receipt.", key, replica.state.sent_at_s);
  note_loads(key, {replica.view.id});
  load_changed(key);
}

Result<void> Controller::take_load(Autoscaler::CallerId caller, const spec::LoadReport& report) {
  if (!scaling_.follows) return fail(ErrorCode::Unavailable, "the controller is starting; try again");
  for (const DeploymentKey& key : scaling_.autoscaler.queued(caller, report, parts_.loop.now())) {
    observe_delay(figures_.of(key), health_.handle_delay_ms, "autoscaling_handle_metrics_delay_ms",
                  "From the report of a caller to its receipt.", key, report.sent_at_s);
    load_changed(key);
  }
  return {};
}

void Controller::caller_gone(Autoscaler::CallerId caller) {
  for (const DeploymentKey& key : scaling_.autoscaler.caller_gone(caller)) load_changed(key);
}

std::optional<AutoscalingDetail> Controller::autoscaling_detail(const DeploymentKey& key) const {
  if (!scaling_.autoscaler.follows(key)) return std::nullopt;
  AutoscalingDetail detail = scaling_.autoscaler.detail(key);
  std::vector<ReplicaReport> running;
  for (const auto& [id, replica] : replicas_of(replicas_, key))
    if (replica.view.key == key && replica.view.phase == ReplicaPhase::Running)
      running.push_back({.id = id,
                         .failed_checks = replica.health_failures,
                         .heard = !replica.state.state.empty(),
                         .age_s = report_age_s(replica, parts_.loop.now())});
  set_metrics_health(detail, running);
  return detail;
}

}  // namespace manta::control
