// Autoscaler: user metrics, and policies that run elsewhere.
#include <algorithm>
#include <array>
#include <utility>

#include "control/autoscaler.h"

namespace manta::control {
namespace {

constexpr const char* kRunningRequests = "running_requests";  // Ray Serve's name for it, among the metrics

}  // namespace

double Autoscaler::over_window(const Deployment& deployment, LoadHistory& load, TimePoint now) {
  load.prune(now);
  const std::array series{load.points(now)};
  return total_requests(series, aggregation_named(deployment.terms.config.aggregation_function), seconds_of(now));
}

double Autoscaler::queued_total(Deployment& deployment, TimePoint now) {
  std::vector<LoadPoints> series;
  for (auto& [id, caller] : deployment.queued) series.push_back(caller.load.points(now));
  return total_requests(series, aggregation_named(deployment.terms.config.aggregation_function), seconds_of(now));
}

std::optional<double> Autoscaler::metric_sum(Deployment& deployment, const std::string& name, TimePoint now) {
  const auto found = deployment.metrics.find(name);
  if (found == deployment.metrics.end() || found->second.empty()) return std::nullopt;
  double sum = 0;
  for (auto& [id, load] : found->second) sum += over_window(deployment, load, now);
  return sum;
}

std::map<std::string, double> Autoscaler::metric_means(Deployment& deployment, TimePoint now) {
  std::map<std::string, double> means;
  for (const auto& [name, replicas] : deployment.metrics)
    if (const auto sum = metric_sum(deployment, name, now)) means[name] = *sum / static_cast<double>(replicas.size());
  return means;
}

AutoscalingContext Autoscaler::context(const DeploymentKey& key, const std::vector<std::string>& running, int target,
                                       Moment now) {
  Deployment& deployment = deployments_.at(key);
  const AutoscaleInput input = input_of(deployment, running, target, now.at);
  AutoscalingContext context{.app_name = key.application,
                             .deployment_name = key.deployment,
                             .current_num_replicas = input.load.running,
                             .target_num_replicas = target,
                             .running_replicas = running,
                             .total_num_requests = input.load.total,
                             .total_queued_requests = queued_total(deployment, now.at),
                             .capacity_adjusted_min_replicas = input.bounds.least,
                             .capacity_adjusted_max_replicas = input.bounds.most,
                             .policy_state = deployment.memory.state,
                             .last_scale_up_time = deployment.memory.last_scale_up_time,
                             .last_scale_down_time = deployment.memory.last_scale_down_time,
                             .current_time = now.unix_s,
                             .config = deployment.terms.config};
  context.total_running_requests = std::max(0.0, context.total_num_requests - context.total_queued_requests);
  for (auto& [id, load] : deployment.running) {
    context.aggregated_metrics[kRunningRequests][id] = over_window(deployment, load, now.at);
    context.latest_metrics[kRunningRequests][id] = load.value();
  }
  for (auto& [name, replicas] : deployment.metrics)
    for (auto& [id, load] : replicas) {
      context.aggregated_metrics[name][id] = over_window(deployment, load, now.at);
      context.latest_metrics[name][id] = load.value();
    }
  return context;
}

AutoscaleDecision Autoscaler::answered(const DeploymentKey& key, const std::vector<std::string>& running, int target,
                                       Moment now, const std::optional<AutoscalingDecision>& answer,
                                       double execution_ms) {
  Deployment& deployment = deployments_.at(key);
  ++deployment.asked.answers;
  deployment.asked.last_error.clear();
  deployment.asked.execution_ms = execution_ms;
  deployment.memory.state = answer ? answer->state : Json{"{}"};
  AutoscaleInput input = input_of(deployment, running, target, now.at);
  input.policy = deployment.terms.policy.name;
  input.held_because = "the policy of the application leaves it out";
  return decided(deployment, input, now, [&answer](const AutoscaleLoad&, const AutoscalingConfig&) {
    return answer ? std::optional(answer->num_replicas) : std::nullopt;
  });
}

void Autoscaler::failed(const DeploymentKey& key, int target, Moment now, const std::string& why) {
  Deployment& deployment = deployments_.at(key);
  ++deployment.asked.failures;
  const std::string before = std::exchange(deployment.asked.last_error, why);
  ScalingDecision entry = deployment.current;
  entry.timestamp_s = now.unix_s;
  entry.verdict = verdict_name(Verdict::Held);
  entry.reason = "policy '" + deployment.terms.policy.name + "' " + why + ": " + std::to_string(target) + " stay";
  entry.prev_num_replicas = entry.curr_num_replicas = target;
  entry.policy = deployment.terms.policy.name;
  entry.policy_scope = deployment.asked.scope;
  entry.policy_num_replicas.reset();
  entry.metrics = metric_means(deployment, now.at);
  if (entry.verdict != deployment.current.verdict || before != why) {
    deployment.verdicts.push_back(entry);
    if (deployment.verdicts.size() > kRemembered) deployment.verdicts.pop_front();
  }
  deployment.current = std::move(entry);
}

void Autoscaler::restore(const DeploymentKey& key, const PolicyMemory& memory) {
  Deployment& deployment = deployments_.at(key);
  if (deployment.asked.answers == 0 && memory.of == deployment.memory.of) deployment.memory = memory;
}

}  // namespace manta::control
