// Controller: what it tells the event log.
#include <fmt/format.h>

#include "base/unix_time.h"
#include "control/change_events.h"
#include "control/controller.h"

namespace manta::control {
namespace {

std::string seconds_since(TimePoint begun, TimePoint now) {
  return fmt::format("{:.1f} s", std::chrono::duration<double>(now - begun).count());
}

}  // namespace

std::string Controller::why_stopped(const Replica& replica) {
  const Deployment* deployment = deployment_of(replica.view.key);
  if (stopping_all_) return "the instance stops";
  if (deployment == nullptr || deployment->target.deleting) return "its deployment is deleted";
  if (replica.view.unhealthy) return "it is unhealthy";
  if (replica.view.leaving && replica.view.node_id == compaction_.node_id()) return "its node is being emptied";
  if (replica.view.leaving)
    return replica.view.leave_by == TimePoint::max() ? "it is drained" : "it is drained, with a deadline";
  if (replica.view.version != target_in_force(*deployment).version) return "a new version replaces it";
  const int wanted = deployment->target.num_replicas;
  return fmt::format("{} {} wanted", wanted, wanted == 1 ? "replica is" : "replicas are");
}

// Before the plan is carried out: the replicas are still as it found them.
void Controller::note_plan(const Plan& plan) {
  std::map<DeploymentKey, int> starts;
  for (const StartReplica& start : plan.starts) ++starts[start.key];
  for (const auto& [key, count] : starts) {
    const Deployment* deployment = deployment_of(key);
    if (deployment == nullptr || on_fallback(*deployment)) continue;
    int old = 0;
    for (const auto& [id, replica] : replicas_)
      if (replica.view.key == key && replica.view.version != deployment->target.version) ++old;
    if (old == 0) continue;
    Event wave = deployment_event("rollout_wave", key,
                                  fmt::format("{} of the new version start; {} of another one are left", count, old));
    wave.data = {{"version", deployment->target.version}};
    events_.record(std::move(wave));
  }
  std::map<std::string_view, std::string_view> chosen;
  for (const ScaleDownChoice& choice : plan.scaled_down) chosen[choice.id] = choice.reason;
  for (const StopReplica& stop : plan.stops) {
    const Replica& replica = replicas_.at(stop.id);
    std::string why = why_stopped(replica);
    if (const auto choice = chosen.find(stop.id); choice != chosen.end()) why += fmt::format("; {}", choice->second);
    events_.record(replica_event("replica_stopping", replica.view.key, stop.id, std::move(why)));
  }
  for (const auto& [key, reason] : plan.pending)
    if (const Deployment* deployment = deployment_of(key); deployment != nullptr && deployment->pending.empty())
      events_.record(deployment_event("replicas_pending", key, reason));
}

void Controller::note_scale_downs(const Plan& plan) {
  constexpr std::size_t kKeptChoices = 16;
  for (const ScaleDownChoice& choice : plan.scaled_down) {
    Deployment* const deployment = deployment_of(choice.key);
    if (deployment == nullptr) continue;
    auto& kept = deployment->scaled_down;
    if (kept.size() == kKeptChoices) kept.erase(kept.begin());
    kept.push_back({.timestamp_s = unix_time_s(), .replica_id = choice.id, .reason = choice.reason});
  }
}

void Controller::note_running(const Replica& replica) {
  const std::string took = seconds_since(replica.view.since, parts_.loop.now());
  if (replica.view.phase == ReplicaPhase::Starting)
    events_.record(replica_event("replica_ready", replica.view.key, replica.view.id, "ready after " + took));
  else if (replica.view.phase == ReplicaPhase::Recovering)
    events_.record(replica_event("replica_adopted", replica.view.key, replica.view.id, "runs since before"));
}

void Controller::note_end(const Replica& replica, const std::string& how, const std::string& message) {
  const bool asked = replica.view.phase == ReplicaPhase::Stopping && !replica.start_counted;
  const bool failed = replica.start_counted || replica.view.phase == ReplicaPhase::Starting;
  const char* kind = asked ? "replica_stopped" : failed ? "replica_start_failed" : "replica_died";
  Event event = replica_event(kind, replica.view.key, replica.view.id, asked ? how : message);
  event.data = {{"how", how}};
  events_.record(std::move(event));
}

// From the first look after the adoption on.
void Controller::note_statuses(const spec::InstanceStatus& status) {
  if (!adopted_ || status == told_status_) return;
  for (Event& event : status_events(told_status_, status)) events_.record(std::move(event));
  told_status_ = status;
}

}  // namespace manta::control
