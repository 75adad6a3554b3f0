// Autoscaler: what it shows.
#include <fmt/format.h>

#include "base/metrics.h"
#include "control/autoscaler.h"

namespace manta::control {
namespace {

void tell_silence(const std::map<Autoscaler::CallerId, double>& silenced, AutoscalingDetail& detail) {
  if (silenced.empty()) return;
  double waiting = 0;
  for (const auto& [caller, queued] : silenced) waiting += queued;
  detail.metrics_health = "delayed";
  detail.errors.push_back(
      fmt::format("{} connected caller{} said that {:.0f} requests wait and {} been silent since: they are "
                  "not counted",
                  silenced.size(), silenced.size() == 1 ? "" : "s", waiting, silenced.size() == 1 ? "has" : "have"));
}

}  // namespace

ScalingDecision Autoscaler::entry_of(Deployment& deployment, const AutoscaleInput& input,
                                     const AutoscaleDecision& decision, Moment now) {
  const PolicyUse& policy = deployment.terms.policy;
  return {.timestamp_s = now.unix_s,
          .verdict = std::string(verdict_name(decision.verdict)),
          .reason = decision.reason,
          .prev_num_replicas = input.load.target,
          .curr_num_replicas = decision.num_replicas,
          .desired_num_replicas = decision.desired,
          .bounded_num_replicas = decision.bounded,
          .running_replicas = input.load.running,
          .total_num_requests = input.load.total,
          .queued_requests = waiting(deployment),
          .policy = policy.name,
          .policy_scope = policy.of_application ? "application" : "deployment",
          .policy_num_replicas = decision.wish,
          .metrics = metric_means(deployment, now.at)};
}

AutoscalingDetail Autoscaler::detail(const DeploymentKey& key) const {
  const Deployment& deployment = deployments_.at(key);
  const ScalingDecision& current = deployment.current;
  AutoscalingDetail detail{.min_replicas = deployment.terms.bounds.least,
                           .max_replicas = deployment.terms.bounds.most,
                           .current = current,
                           .decisions = {deployment.decisions.begin(), deployment.decisions.end()},
                           .verdicts = {deployment.verdicts.begin(), deployment.verdicts.end()}};
  if (current.curr_num_replicas != current.running_replicas)
    detail.scaling_status = current.curr_num_replicas > current.running_replicas ? "UPSCALING" : "DOWNSCALING";
  double running = 0;
  for (const auto& [id, load] : deployment.running) running += load.value();
  detail.metrics = {{"ongoing_requests", current.total_num_requests},
                    {"running_requests", running},
                    {"queued_requests", static_cast<double>(current.queued_requests)},
                    {"target_ongoing_requests", deployment.terms.config.target_ongoing_requests}};
  detail.metrics.insert(current.metrics.begin(), current.metrics.end());
  tell_silence(deployment.silenced, detail);
  if (!deployment.terms.policy.is_asked) return detail;
  detail.policy = deployment.asked;
  detail.policy->state = deployment.memory.state;
  detail.policy->last_scale_up_time = deployment.memory.last_scale_up_time;
  detail.policy->last_scale_down_time = deployment.memory.last_scale_down_time;
  if (!deployment.asked.last_error.empty()) detail.errors.push_back(deployment.asked.last_error);
  return detail;
}

std::string Autoscaler::figures() const {
  Metrics metrics;
  for (const auto& [key, deployment] : deployments_) {
    const Labels labels{{"application", key.application}, {"deployment", key.deployment}};
    const PolicyUse& policy = deployment.terms.policy;
    const Labels scoped{{"application", key.application},
                        {"deployment", key.deployment},
                        {"policy_scope", policy.of_application ? "application" : "deployment"}};
    const auto gauge = [&](const char* name, const char* help, double value, const Labels& of) {
      metrics.gauge(name, help, of).set(value);
    };
    const ScalingDecision& current = deployment.current;
    gauge("autoscaling_target_replicas", "Replicas that should run.", current.curr_num_replicas, labels);
    gauge("autoscaling_desired_replicas", "Replicas that the load asks for, before delays and bounds.",
          current.desired_num_replicas, labels);
    gauge("autoscaling_total_requests", "Running and waiting requests, over look_back_period_s.",
          current.total_num_requests, labels);
    gauge("autoscaling_target_ongoing_requests", "Requests wanted on each replica.",
          deployment.terms.config.target_ongoing_requests, labels);
    gauge("autoscaling_policy_execution_time_ms", "How long the policy took the last time.",
          policy.is_asked ? deployment.asked.execution_ms : deployment.look_ms, scoped);
    if (!policy.is_asked) continue;
    metrics
        .counter("autoscaling_policy_failures", "Times that a policy threw, died or took too long.",
                 {{"application", key.application}, {"deployment", key.deployment}, {"policy", policy.name}})
        .add(static_cast<double>(deployment.asked.failures));
  }
  return metrics.text();
}

}  // namespace manta::control
