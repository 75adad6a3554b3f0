// Controller: settings that running replicas are given without a restart.
#include <algorithm>
#include <chrono>
#include <utility>

#include <fmt/format.h>

#include <manta/detail/json.h>

#include "control/change_events.h"
#include "control/controller.h"

namespace manta::control {
namespace {

constexpr Duration kTellAgain = std::chrono::seconds(1);

// What the application says stays as it is; what the way there did may pass.
bool is_verdict(const Error& error) {
  return error.code == ErrorCode::AppError || error.code == ErrorCode::InvalidArgument ||
         error.code == ErrorCode::NotFound;
}

}  // namespace

// What replicas of one version are to run with: the fallback's while it is in force. None: it is left as it is.
const DeploymentConfig* Controller::settings_for(const Deployment& deployment, const std::string& version) {
  if (on_fallback(deployment)) {
    const Fallback& fallback = *deployment.fallback;
    return version == fallback.target.version ? &fallback.node.config : nullptr;
  }
  return version == deployment.target.version && !deployment.target.deploy_failed ? &deployment.node.config : nullptr;
}

void Controller::update_settings() {
  const ReplicaView* before = nullptr;  // the replicas of a version stand together, and are to have the same
  const DeploymentConfig* config = nullptr;
  spec::RunningSettings wanted;
  for (auto& [id, replica] : replicas_) {
    if (replica.view.phase != ReplicaPhase::Running) continue;
    if (before == nullptr || before->key != replica.view.key || before->version != replica.view.version) {
      const Deployment* deployment = deployment_of(replica.view.key);
      config = deployment == nullptr ? nullptr : settings_for(*deployment, replica.view.version);
      if (config != nullptr) wanted = spec::running_settings(*config);
      before = &replica.view;
    }
    if (config == nullptr) continue;
    replica.view.outdated = replica.settings != wanted;
    if (!replica.view.outdated || replica.is_being_told || !replica.link) continue;
    replica.is_being_told = true;
    tasks_.spawn(tell_settings(id, wanted, config->initialization_timeout_s));
  }
}

Task<void> Controller::tell_settings(std::string id, spec::RunningSettings settings, double limit_s) {
  const auto limit = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(limit_s));
  auto body = detail::to_json(settings);
  const TimePoint begun = parts_.loop.now();
  auto telling = replicas_.at(id).link->tell_settings(body.value_or("{}"), limit);
  const Result<void> told = co_await telling;
  const auto found = replicas_.find(id);
  if (found == replicas_.end()) co_return;
  Replica& replica = found->second;
  replica.is_being_told = false;
  if (told) {
    replica.settings = std::move(settings);
    figures_.took(ReplicaStep::Reconfigure, replica.view.key, parts_.loop.now() - begun);
    parts_.logger.info("replica has its new settings", {{"replica", id}});
    events_.record(replica_event("replica_reconfigured", replica.view.key, id, "has its new settings"));
  } else if (replica.view.phase == ReplicaPhase::Running) {
    settings_refused(replica, settings, told.error());
  }
  request_turn();
}

// As after a failed update: those that took the new settings get the ones before again, until the next deploy. What
// refuses even those is replaced.
void Controller::settings_refused(Replica& replica, const spec::RunningSettings& settings, const Error& error) {
  parts_.logger.warn("replica did not take its new settings", {{"replica", replica.view.id}, {"error", error.message}});
  if (!is_verdict(error)) {
    parts_.loop.cancel(replica.start_timer);
    replica.is_being_told = true;  // until the pause is over
    replica.start_timer = parts_.loop.after(kTellAgain, [this, id = replica.view.id] {
      if (const auto again = replicas_.find(id); again != replicas_.end()) again->second.is_being_told = false;
      request_turn();
    });
    return;
  }
  Deployment* deployment = deployment_of(replica.view.key);
  const DeploymentConfig* wanted = deployment == nullptr ? nullptr : settings_for(*deployment, replica.view.version);
  if (wanted == nullptr || spec::running_settings(*wanted) != settings) return;
  if (on_fallback(*deployment)) {
    replica.view.unhealthy = true;
    return;
  }
  const auto taken = std::ranges::count_if(replicas_, [&](const auto& entry) {
    return entry.second.view.key == replica.view.key && entry.second.settings == settings;
  });
  deployment->last_failure = fmt::format("replica {}: reconfigure() failed: {}", replica.view.id, error.message);
  if (taken > 0 && deployment->fallback)
    deployment->last_failure += fmt::format("; {} that had taken the new settings get those before again", taken);
  deployment->target.deploy_failed = true;
  events_.record(replica_event("reconfigure_failed", replica.view.key, replica.view.id, deployment->last_failure));
}

}  // namespace manta::control
