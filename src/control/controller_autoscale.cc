// Controller: numbers of replicas that follow the load.
#include <algorithm>
#include <chrono>
#include <utility>

#include "base/unix_time.h"
#include "control/controller.h"

namespace manta::control {
namespace {

// Reports that come closer together are looked at together; a look takes about 10 us for each replica.
constexpr Duration kLookPause = std::chrono::milliseconds(20);
constexpr Duration kPauseForEach = std::chrono::microseconds(200);

void observe_delay(Metrics& metrics, const char* name, const char* help, const DeploymentKey& key, double sent_at_s) {
  if (sent_at_s <= 0) return;
  metrics.histogram(name, help, {{"application", key.application}, {"deployment", key.deployment}})
      .observe(std::max(0.0, unix_time_s() - sent_at_s) * 1000);
}

}  // namespace

std::vector<DeploymentKey> Controller::follow_load() {
  std::vector<DeploymentKey> followed;
  for (auto& [name, application] : applications_) {
    if (application.deleting) continue;
    for (auto& [deployment_name, deployment] : application.deployments) {
      const DeploymentConfig& config = node_in_force(deployment).config;
      if (deployment.target.deleting || deployment.removed || !config.autoscaling_config) continue;
      const ReplicaBounds bounds =
          replica_bounds(*config.autoscaling_config, config_.target_capacity, scaling_.capacity_grows);
      scaling_.autoscaler.follow(deployment.target.key, {*config.autoscaling_config, bounds, gang_size_of(config)});
      followed.push_back(deployment.target.key);
    }
  }
  scaling_.autoscaler.keep_only(followed);
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

// True: another number of replicas is wanted for one of them.
bool Controller::look_at(const std::set<DeploymentKey>& keys) {
  std::map<DeploymentKey, std::vector<std::string>> running;
  for (const auto& [id, replica] : replicas_)
    if (replica.view.phase == ReplicaPhase::Running && !replica.view.unhealthy && keys.contains(replica.view.key))
      running[replica.view.key].push_back(id);
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
  const TimePoint now = parts_.loop.now();
  DeploymentTarget& target = deployment.target;
  for (const std::string& id : running)
    scaling_.autoscaler.replica_load(target.key, id, static_cast<double>(replicas_.at(id).state.ongoing), now);
  const int count = static_cast<int>(running.size());
  int& ready = deployment.scaling.ready_replicas;
  if (ready == DeploymentScaling::kNone && deployment.completed) ready = 1;  // for an earlier controller
  ready = count >= target.num_replicas ? target.num_replicas : std::min(ready, target.num_replicas);
  const AutoscaleDecision decision =
      scaling_.autoscaler.look(target.key, running, target.num_replicas, {.at = now, .unix_s = unix_time_s()});
  if (decision.num_replicas == target.num_replicas) return false;
  parts_.logger.info("autoscaled", {{"application", target.key.application},
                                    {"deployment", target.key.deployment},
                                    {"from", target.num_replicas},
                                    {"to", decision.num_replicas},
                                    {"reason", decision.reason}});
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
  std::set<DeploymentKey> due = std::exchange(scaling_.stirred, {});
  for (const DeploymentKey& key : scaling_.autoscaler.followed())
    if (const auto next = scaling_.autoscaler.next_look(key); next && *next <= parts_.loop.now()) due.insert(key);
  if (look_at(due)) request_turn();
}

void Controller::take_replica_load(const Replica& replica) {
  const DeploymentKey& key = replica.view.key;
  if (!scaling_.autoscaler.follows(key) || replica.view.phase != ReplicaPhase::Running) return;
  observe_delay(parts_.metrics, "autoscaling_replica_metrics_delay_ms", "From the report of a replica to its receipt.",
                key, replica.state.sent_at_s);
  scaling_.autoscaler.replica_load(key, replica.view.id, static_cast<double>(replica.state.ongoing), parts_.loop.now());
  load_changed(key);
}

Result<void> Controller::take_load(Autoscaler::CallerId caller, const spec::LoadReport& report) {
  if (!scaling_.follows) return fail(ErrorCode::Unavailable, "the controller is starting; try again");
  for (const DeploymentKey& key : scaling_.autoscaler.queued(caller, report, parts_.loop.now())) {
    observe_delay(parts_.metrics, "autoscaling_handle_metrics_delay_ms", "From the report of a caller to its receipt.",
                  key, report.sent_at_s);
    load_changed(key);
  }
  return {};
}

void Controller::caller_gone(Autoscaler::CallerId caller) {
  for (const DeploymentKey& key : scaling_.autoscaler.caller_gone(caller)) load_changed(key);
}

std::optional<AutoscalingDetail> Controller::autoscaling_detail(const DeploymentKey& key) const {
  if (!scaling_.autoscaler.follows(key)) return std::nullopt;
  return scaling_.autoscaler.detail(key);
}

}  // namespace manta::control
