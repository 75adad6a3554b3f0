// Controller: numbers of replicas that are kept beside the configuration, and the external scaler.
#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "control/controller.h"
#include "control/whole_gangs.h"

namespace manta::control {
namespace {

std::set<std::string> application_names(const spec::InstanceConfig& config) {
  std::set<std::string> names;
  for (const spec::ApplicationConfig& application : config.applications) names.insert(application.name);
  return names;
}

}  // namespace

int gang_size_of(const DeploymentConfig& config) {
  return config.gang_scheduling_config ? std::max(1, config.gang_scheduling_config->gang_size) : 1;
}

void Controller::read_scales() {
  auto stored = parts_.store.scales();
  const auto grows = parts_.store.capacity_grows();
  if (!stored || !grows)
    parts_.logger.error("the numbers of replicas cannot be read, taking those of the configuration",
                        {{"error", (stored ? grows.error() : stored.error()).message}});
  read_policy_memories();
  if (stored) scaling_.stored = std::move(*stored);
  scaling_.capacity_grows = grows.value_or(false);
}

// Ray Serve's rule: initial_replicas count as the least while the capacity is on its way up.
void Controller::note_capacity(const spec::InstanceConfig& next) {
  if (!loaded_) return;
  const auto before = config_.target_capacity, after = next.target_capacity;
  bool grows = after.has_value();
  if (application_names(config_) == application_names(next))
    grows = before == after ? scaling_.capacity_grows : before && after && *before < *after;
  if (std::exchange(scaling_.capacity_grows, grows) == grows) return;
  if (const auto stored = parts_.store.set_capacity_grows(grows); !stored)
    parts_.logger.error("the direction of target_capacity cannot be stored", {{"error", stored.error().message}});
}

void Controller::store_scale(const DeploymentKey& key, std::optional<int> replicas) {
  const auto known = scaling_.stored.find(key);
  const bool same = known == scaling_.stored.end() ? !replicas : replicas == known->second;
  if (same) return;
  if (replicas)
    scaling_.stored[key] = *replicas;
  else
    scaling_.stored.erase(key);
  if (const auto stored = parts_.store.set_scale(key, replicas); !stored)
    parts_.logger.error("the number of replicas cannot be stored",
                        {{"deployment", key.deployment}, {"error", stored.error().message}});
}

int Controller::replicas_for(const Deployment& deployment, const DeploymentTarget& before,
                             const DeploymentTarget& target, const spec::ApplicationConfig& application,
                             const DeploymentConfig& config) {
  const bool first = before.version.empty() || before.deleting;
  const bool changed = loaded_ && (first || before.version != target.version || deployment.node.config != config);
  const auto stored = scaling_.stored.find(target.key);
  const bool has_stored = stored != scaling_.stored.end();
  if (config.in_proxy) {
    store_scale(target.key, std::nullopt);
    return 0;
  }
  if (!config.autoscaling_config) {
    if (application.external_scaler_enabled && has_stored && !changed) return stored->second;
    store_scale(target.key, std::nullopt);
    return whole_gangs(capacity_adjusted(config.num_replicas, config_.target_capacity), gang_size_of(config));
  }
  const AutoscalingConfig& autoscaling = *config.autoscaling_config;
  int replicas = has_stored ? stored->second : first ? autoscaling.min_replicas : before.num_replicas;
  if ((changed || !has_stored) && autoscaling.initial_replicas) replicas = *autoscaling.initial_replicas;
  const int gang = gang_size_of(config);
  replicas = replica_bounds(autoscaling, config_.target_capacity, scaling_.capacity_grows, gang)
                 .clip(whole_gangs(replicas, gang));
  store_scale(target.key, replicas);
  return replicas;
}

// A deploy under way stays one, and a recovery too, whatever number of replicas it leads to.
void Controller::rescale(Deployment& deployment, int replicas, bool by_autoscaler) {
  const bool busy = !at_target(facts(deployment)) &&
                    (deployment.goal == Goal::Recover || (deployment.goal == Goal::Update && !deployment.reached));
  const int before = std::exchange(deployment.target.num_replicas, replicas);
  store_scale(deployment.target.key, replicas);
  if (busy) return;
  const bool up = replicas > before;
  deployment.scaling.by_autoscaler = by_autoscaler;
  deployment.goal = up ? Goal::Upscale : Goal::Downscale;
  deployment.scaling.change =
      fmt::format("{} from {} to {} replicas.", up ? "Upscaling" : "Downscaling", before, replicas);
}

std::map<std::string, ScaledReplicas> Controller::scaled(const std::string& application) const {
  std::map<std::string, ScaledReplicas> scaled;
  const auto found = applications_.find(application);
  if (found == applications_.end()) return scaled;
  for (const auto& [name, deployment] : found->second.deployments)
    if (scaling_.stored.contains(deployment.target.key))
      scaled[name] = {deployment.target.num_replicas, node_in_force(deployment).config.autoscaling_config.has_value()};
  return scaled;
}

void Controller::forget_scales() {
  std::vector<DeploymentKey> gone;
  for (const auto& [key, replicas] : scaling_.stored)
    if (const Deployment* deployment = deployment_of(key); deployment == nullptr || deployment->target.deleting)
      gone.push_back(key);
  for (const DeploymentKey& key : gone) store_scale(key, std::nullopt);
}

Result<void> Controller::scale(const std::string& application, const std::string& deployment, int replicas,
                               const std::string& by) {
  if (!loaded_) return fail(ErrorCode::Unavailable, "the controller is starting; try again");
  const auto found = applications_.find(application);
  if (found == applications_.end() || found->second.deleting)
    return fail(ErrorCode::NotFound, fmt::format("there is no application '{}'", application));
  Deployment* known = deployment_of({application, deployment});
  if (known == nullptr || known->target.deleting || known->removed)
    return fail(ErrorCode::NotFound, fmt::format("application '{}' has no deployment '{}'", application, deployment));
  const auto refused = [](std::string why) {
    return std::unexpected(Error{.code = ErrorCode::InvalidArgument, .message = std::move(why), .status = 412});
  };
  if (!found->second.record->config.external_scaler_enabled)
    return refused(fmt::format("external_scaler_enabled is not set for application '{}'", application));
  if (!known->target.host.empty())
    return refused(fmt::format("replicas of '{}' are in the processes of '{}' (placement: together): scale that",
                               deployment, known->target.host));
  if (node_in_force(*known).config.in_proxy)
    return refused(fmt::format("'{}' runs in the HTTP proxies (in_proxy) and has no replicas", deployment));
  if (node_in_force(*known).config.autoscaling_config)
    return refused(fmt::format("the number of replicas of '{}' follows its autoscaling_config", deployment));
  if (replicas < 0 || replicas % gang_size_of(known->node.config) != 0)
    return fail(ErrorCode::InvalidArgument,
                fmt::format("target_num_replicas {}: expected 0 or more, a multiple of gang_size {}", replicas,
                            gang_size_of(known->node.config)));
  if (replicas == known->target.num_replicas) return {};
  events_.record(
      {.kind = "scaled",
       .application = application,
       .deployment = deployment,
       .message = fmt::format("{} -> {} replicas by an external scaler", known->target.num_replicas, replicas),
       .by = by,
       .data = {{"from", std::to_string(known->target.num_replicas)}, {"to", std::to_string(replicas)}}});
  rescale(*known, replicas, false);
  for (auto& [name, member] : found->second.deployments)
    if (member.target.host == deployment) rescale(member, replicas, false);
  request_turn();
  return {};
}

}  // namespace manta::control
