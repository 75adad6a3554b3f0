// Controller: what serves while a rollout is under way or has failed, and how far it is.
#include <algorithm>
#include <chrono>
#include <utility>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "base/unix_time.h"
#include "control/change_events.h"
#include "control/controller.h"
#include "control/deployment_target.h"
#include "control/in_proxy.h"
#include "control/replicas_of.h"
#include "spec/openapi.h"

namespace manta::control {
namespace {

std::string time_text(double time_s) { return fmt::format("{:%FT%TZ}", fmt::gmtime(static_cast<std::time_t>(time_s))); }

// Never empty: an empty one says that nothing has failed.
std::string failure_of(const ControlledDeployment& deployment) {
  return deployment.last_failure.empty() ? "the update failed" : deployment.last_failure;
}

}  // namespace

// Settings that were refused are not in force although replicas of the same version run.
bool Controller::serves_new(const Deployment& deployment) const {
  if (deployment.node.config.in_proxy) return !on_fallback(deployment);
  if (on_fallback(deployment) && deployment.fallback->target.version == deployment.target.version) return false;
  return std::ranges::any_of(replicas_of(replicas_, deployment.target.key), [&](const auto& entry) {
    const ReplicaView& replica = entry.second.view;
    return replica.key == deployment.target.key && replica.version == deployment.target.version &&
           replica.phase == ReplicaPhase::Running && !replica.unhealthy;
  });
}

const spec::NodeSpec& Controller::published_node(const Deployment& deployment) const {
  return deployment.fallback && !serves_new(deployment) ? deployment.fallback->node : deployment.node;
}

const ApplicationRecord& Controller::published_record(const Deployment& deployment) const {
  if (deployment.fallback && !serves_new(deployment)) return deployment.fallback->record;
  return applications_.at(deployment.target.key.application).record;
}

bool Controller::publishes_fallback(const Application& application) const {
  if (!application.fallback) return false;
  const auto ingress = application.deployments.find(application.record->graph.ingress);
  return ingress == application.deployments.end() || !serves_new(ingress->second);
}

void Controller::set_progress(Application& application, const DeploymentProgress& progress) {
  if (progress.deployment.empty()) {
    application.fallback = progress.fallback;
    application.fallback_stored = progress.fallback.has_value();
    if (progress.fallback)
      application.fallback_openapi = spec::openapi(progress.fallback->graph, progress.fallback->route_prefix);
    return;
  }
  const spec::NodeSpec* node = progress.fallback ? node_of(*progress.fallback, progress.deployment) : nullptr;
  const bool removed = node_of(application.record, progress.deployment) == nullptr;
  if (removed && node == nullptr) return;
  Deployment& deployment = application.deployments[progress.deployment];
  deployment.completed = progress.completed;
  deployment.removed = removed;
  if (node != nullptr)
    deployment.fallback = {.record = *progress.fallback, .node = *node, .target = target_of(*progress.fallback, *node)};
  if (removed && deployment.target.version.empty()) {
    deployment.node = *node;
    deployment.target = deployment.fallback->target;
  }
  if (removed) deployment.target.deleting = false;
  deployment.target.deploy_failed = !progress.failure.empty();
  deployment.target.failures.start_failures = progress.start_failures;
  deployment.last_failure = progress.failure;
  deployment.stored = {progress.completed, node != nullptr, progress.failure};
}

std::vector<DeploymentProgress> Controller::progress_of(const Application& application) const {
  std::vector<DeploymentProgress> all;
  for (const auto& [name, deployment] : application.deployments) all.push_back(progress_of(deployment));
  all.push_back({.application = application.record->name,
                 .deployment = {},
                 .completed = !application.fallback,
                 .failure = {},
                 .fallback = application.fallback});
  return all;
}

DeploymentProgress Controller::progress_of(const Deployment& deployment) const {
  DeploymentProgress progress{.application = deployment.target.key.application,
                              .deployment = deployment.target.key.deployment,
                              .completed = deployment.completed,
                              .failure = {},
                              .fallback = {}};
  if (deployment.fallback && !(deployment.removed && deployment.target.deleting))
    progress.fallback = deployment.fallback->record;
  if (deployment.target.deploy_failed) {
    progress.failure = failure_of(deployment);
    progress.start_failures = deployment.target.failures.start_failures;
  }
  return progress;
}

// A deployment that has reached its target has nothing left to explain and needs no fallback. What an application has
// no more goes when all the rest of it has got there.
void Controller::settle() {
  for (auto& [name, application] : applications_) {
    bool all_there = true;
    for (auto& [deployment_name, deployment] : application.deployments) {
      if (deployment.removed || deployment.target.deleting) continue;
      settle(deployment);
      all_there = all_there && deployment.completed && !deployment.fallback;
    }
    if (!all_there || application.deleting || stopping_all_) continue;
    application.fallback.reset();
    for (auto& [deployment_name, deployment] : application.deployments)
      if (deployment.removed && !std::exchange(deployment.target.deleting, true)) request_turn();
  }
}

void Controller::settle(Deployment& deployment) {
  const bool is_proven = deployment.proven || deployment.target.num_replicas <= 0;
  const bool is_settled = deployment.reached && deployment.completed && is_proven && !deployment.fallback &&
                          deployment.target.failures.start_failures == 0;
  if (is_settled || deployment.target.deploy_failed || !at_target(facts(deployment))) return;
  deployment.target.failures.start_failures = 0;
  deployment.reached = true;
  if (!std::exchange(deployment.completed, true))
    events_.record(deployment_event("rollout_completed", deployment.target.key,
                                    deployment.target.in_proxy
                                        ? std::string(kRunsInProxies)
                                        : fmt::format("{} replicas run", deployment.target.num_replicas)));
  deployment.proven = deployment.proven || deployment.target.num_replicas > 0;
  deployment.fallback.reset();
}

// What has changed since it was stored last; in one write.
void Controller::store_progress() {
  std::vector<DeploymentProgress> changed;
  for (auto& [name, application] : applications_) {
    if (application.deleting) continue;
    for (auto& [deployment_name, deployment] : application.deployments) {
      const bool has_fallback = deployment.fallback && !(deployment.removed && deployment.target.deleting);
      std::string failure = deployment.target.deploy_failed ? failure_of(deployment) : "";
      StoredProgress now{deployment.completed, has_fallback, std::move(failure)};
      if (now == deployment.stored) continue;
      deployment.stored = std::move(now);
      changed.push_back(progress_of(deployment));
    }
    if (std::exchange(application.fallback_stored, application.fallback.has_value()) ==
        application.fallback.has_value())
      continue;
    changed.push_back(progress_of(application).back());
  }
  if (changed.empty()) return;
  if (const auto stored = parts_.store.set_progress(changed); !stored)
    parts_.logger.error("the progress of rollouts cannot be stored", {{"error", stored.error().message}});
}

void Controller::roll_back_failed() {
  for (auto& [name, application] : applications_) {
    if (application.deleting || stopping_all_ || !application.fallback) continue;
    for (const auto& [deployment_name, deployment] : application.deployments)
      if (deployment.target.deploy_failed && !deployment.removed && deployment.node.config.rollback_on_failure)
        return roll_back(application, deployment);
  }
}

// All of the application: its deployments were made for each other.
void Controller::roll_back(Application& application, const Deployment& failed) {
  const std::string name = application.record->name;
  ApplicationRecord good = *application.fallback;
  const std::string reason =
      fmt::format("{}: {}", failed.target.key.deployment, deployment_status(facts(failed)).message);
  good.note = fmt::format("rolled back automatically to what was deployed at {}, because the update failed. {}",
                          time_text(good.deployed_at_s), reason);
  good.deployed_at_s = unix_time_s();
  DeployedState next = deployed();
  for (spec::ApplicationConfig& config : next.config.applications)
    if (config.name == application.record->config.name) config = good.config;
  for (auto& record : next.records)
    if (record->name == name) record = good;
  Revision entry{.time_s = good.deployed_at_s, .cause = "automatic rollback of " + name, .note = reason};
  parts_.logger.warn("rolling back", {{"application", name}, {"reason", reason}});
  if (const auto applied = apply(std::move(next), std::move(entry)); !applied)
    parts_.logger.error("cannot roll back", {{"application", name}, {"error", applied.error().message}});
}

}  // namespace manta::control
