#include "control/deployment_status.h"

#include <algorithm>

#include <fmt/format.h>

#include "control/in_proxy.h"
#include "control/restart_backoff.h"

namespace manta::control {
namespace {

std::string_view completed_trigger(Goal goal) {
  switch (goal) {
    case Goal::Update:
      return "CONFIG_UPDATE_COMPLETED";
    case Goal::Upscale:
      return "UPSCALE_COMPLETED";
    case Goal::Downscale:
      return "DOWNSCALE_COMPLETED";
    case Goal::Recover:
      return "UNSPECIFIED";
  }
  return "UNSPECIFIED";
}

std::string_view working_status(Goal goal) {
  switch (goal) {
    case Goal::Update:
      return "UPDATING";
    case Goal::Upscale:
      return "UPSCALING";
    case Goal::Downscale:
      return "DOWNSCALING";
    case Goal::Recover:
      return "UNHEALTHY";
  }
  return "UPDATING";
}

std::string failure_message(const DeploymentFacts& facts) {
  const int failed = facts.target.failures.start_failures;
  if (failed == 0) return facts.last_failure;
  const int left = start_failure_limit(facts.target.max_constructor_retry_count, facts.target.num_replicas) - failed;
  std::string text = fmt::format("The deployment failed to start {} time{} in a row. ", failed, failed == 1 ? "" : "s");
  if (facts.proven || facts.goal == Goal::Recover)
    text += "It is tried again. ";
  else if (!facts.target.deploy_failed)
    text += fmt::format("Retrying {} more time{}. ", left, left == 1 ? "" : "s");
  return text + "Error:\n" + facts.last_failure;
}

// Which replicas of the version have taken their new settings over; empty when there is nothing to take.
std::string settings_message(const DeploymentFacts& facts) {
  int running = 0, outdated = 0;
  for (const ReplicaFacts& replica : facts.replicas) {
    if (replica.phase != ReplicaPhase::Running || !replica.is_of_target) continue;
    ++running;
    outdated += replica.outdated ? 1 : 0;
  }
  return outdated == 0 ? "" : fmt::format("new settings: {} of {} replicas have them", running - outdated, running);
}

// By the autoscaler or an external scaler, and by nothing else since.
bool is_scaled(const DeploymentFacts& facts) {
  return !facts.scaling.change.empty() && (facts.goal == Goal::Upscale || facts.goal == Goal::Downscale);
}

bool is_drained_running(const ReplicaFacts& replica) {
  return replica.leaving && replica.phase == ReplicaPhase::Running;
}

// As long as replicas are drained others run besides them: nothing is wrong with the deployment.
bool is_migrating(const DeploymentFacts& facts) { return std::ranges::any_of(facts.replicas, is_drained_running); }

std::string migration_message(const DeploymentFacts& facts) {
  const auto leaving = std::ranges::count_if(facts.replicas, is_drained_running);
  if (leaving == 0) return {};
  return fmt::format("{} replica{} drained: {}", leaving, leaving == 1 ? " is" : "s are",
                     facts.pending.empty() ? "waiting for what replaces them" : facts.pending);
}

std::string message_of(const DeploymentFacts& facts) {
  if (facts.target.deploy_failed || facts.target.failures.start_failures > 0) return failure_message(facts);
  if (!facts.pending.empty()) return facts.pending;
  if (const std::string settings = settings_message(facts); !settings.empty()) return settings;
  if (facts.goal == Goal::Recover) return facts.last_failure;
  if (is_scaled(facts)) return facts.scaling.change;
  return {};
}

std::string_view state_name(ReplicaPhase phase, bool leaving) {
  return leaving && phase == ReplicaPhase::Running ? "PENDING_MIGRATION" : state_name(phase);
}

}  // namespace

std::string_view state_name(ReplicaPhase phase) {
  switch (phase) {
    case ReplicaPhase::Starting:
      return "STARTING";
    case ReplicaPhase::Recovering:
      return "RECOVERING";
    case ReplicaPhase::Running:
      return "RUNNING";
    case ReplicaPhase::Stopping:
      return "STOPPING";
  }
  return "STARTING";
}

std::string_view state_name(const ReplicaView& replica) { return state_name(replica.phase, replica.leaving); }

bool at_target(const DeploymentFacts& facts) {
  int running = 0;
  const bool migrates = is_migrating(facts);
  for (const ReplicaFacts& replica : facts.replicas) {
    if (replica.phase == ReplicaPhase::Stopping) continue;
    if (migrates && replica.phase == ReplicaPhase::Starting) continue;  // it replaces one that is leaving
    if (replica.phase != ReplicaPhase::Running || replica.unhealthy || replica.outdated || !replica.is_of_target)
      return false;
    ++running;
  }
  return migrates ? running >= facts.target.num_replicas : running == facts.target.num_replicas;
}

spec::DeploymentStatus deployment_status(const DeploymentFacts& facts) {
  spec::DeploymentStatus status;
  std::map<std::string_view, int> states;
  for (const ReplicaFacts& replica : facts.replicas) ++states[state_name(replica.phase, replica.leaving)];
  for (const auto& [name, count] : states) status.replica_states.emplace(name, count);
  if (facts.pending_replicas > 0 && !facts.target.deleting) status.replica_states["PENDING"] = facts.pending_replicas;
  if (facts.target.deleting) {
    status.status = "UPDATING";
    status.status_trigger = "DELETING";
  } else if (facts.target.deploy_failed) {
    status.status = "DEPLOY_FAILED";
    status.status_trigger =
        facts.target.failures.start_failures > 0 ? "REPLICA_STARTUP_FAILED" : "CONFIG_UPDATE_STARTED";
    status.message = failure_message(facts);
  } else if (at_target(facts)) {
    status.status = "HEALTHY";
    status.status_trigger = completed_trigger(facts.goal);
    status.message = facts.target.in_proxy ? std::string(kRunsInProxies) : migration_message(facts);
  } else {
    status.status = working_status(facts.goal);
    status.status_trigger = facts.goal == Goal::Recover ? "HEALTH_CHECK_FAILED" : "CONFIG_UPDATE_STARTED";
    if (is_scaled(facts) && facts.scaling.by_autoscaler) status.status_trigger = "AUTOSCALING";
    if (facts.target.failures.start_failures > 0) status.status_trigger = "REPLICA_STARTUP_FAILED";
    status.message = message_of(facts);
  }
  if (!facts.target.deleting && !facts.scaling.problem.empty())
    status.message += (status.message.empty() ? "" : "\n") + facts.scaling.problem;
  return status;
}

spec::ApplicationStatus application_status(const std::map<std::string, spec::DeploymentStatus>& deployments,
                                           bool deleting, const std::string& deploy_error, double deployed_at_s) {
  spec::ApplicationStatus status{.deployments = deployments};
  status.last_deployed_time_s = deployed_at_s;
  bool failed = !deploy_error.empty(), unhealthy = false, busy = false;
  status.message = deploy_error;
  for (const auto& [name, deployment] : deployments) {
    failed = failed || deployment.status == "DEPLOY_FAILED";
    unhealthy = unhealthy || deployment.status == "UNHEALTHY";
    busy = busy || (deployment.status != "HEALTHY" && deployment.status_trigger != "AUTOSCALING");
    if (deployment.status == "DEPLOY_FAILED" || deployment.status == "UNHEALTHY") {
      if (!status.message.empty()) status.message += '\n';
      status.message += fmt::format("{}: {}", name, deployment.message);
    }
  }
  if (deleting) {
    status.status = "DELETING";
    status.message.clear();
  } else if (failed) {
    status.status = "DEPLOY_FAILED";
  } else if (unhealthy) {
    status.status = "UNHEALTHY";
  } else if (busy || deployments.empty()) {
    status.status = "DEPLOYING";
  } else {
    status.status = "RUNNING";
  }
  return status;
}

}  // namespace manta::control
