#include "cli/explain_text.h"

#include <ctime>
#include <map>
#include <string_view>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/explain_requests.h"

namespace manta::cli {
namespace {

// "name:  text", further lines of the text below it.
void add(std::string& out, std::string_view name, std::string_view text) {
  if (text.empty()) return;
  constexpr std::size_t kColumn = 14;
  std::size_t begin = 0;
  for (bool first = true; begin <= text.size(); first = false) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    out += fmt::format("  {:<{}}{}\n", first ? name : "", kColumn, text.substr(begin, end - begin));
    begin = end + 1;
  }
}

std::string replicas_text(const control::DeploymentDetails& deployment) {
  std::map<std::string, int> states;
  for (const control::ReplicaDetails& replica : deployment.replicas) ++states[replica.state];
  std::vector<std::string> parts;
  for (const auto& [state, count] : states) parts.push_back(fmt::format("{} {}", count, state));
  return fmt::format("{} wanted{}{}", deployment.target_num_replicas, parts.empty() ? "" : "; ",
                     fmt::join(parts, ", "));
}

// Replicas that are where their own labels found no room.
std::string fallback_text(const control::DeploymentDetails& deployment) {
  std::map<std::string, int> used;
  for (const control::ReplicaDetails& replica : deployment.replicas)
    if (!replica.fallback.empty()) ++used[replica.fallback];
  std::string text;
  for (const auto& [fallback, count] : used)
    text += fmt::format("{}{} by {}", text.empty() ? "" : ", ", count, fallback);
  return text;
}

std::string decision_text(const control::ScalingDecision& decision) {
  return fmt::format("{:%H:%M:%S}  {} -> {}  {} (load {:.3g}, {} running, {} waiting)",
                     fmt::localtime(static_cast<std::time_t>(decision.timestamp_s)), decision.prev_num_replicas,
                     decision.curr_num_replicas, decision.reason, decision.total_num_requests,
                     decision.running_replicas, decision.queued_requests);
}

// The inputs and the steps of a policy of the application's own.
std::string policy_text(const control::AutoscalingDetail& detail) {
  if (!detail.policy) return {};
  const control::PolicyDetail& policy = *detail.policy;
  const control::ScalingDecision& current = detail.current;
  std::string text = fmt::format("\npolicy {} of the {}: {} answers, {} failures, {:.3g} ms", policy.name, policy.scope,
                                 policy.answers, policy.failures, policy.execution_ms);
  if (current.policy_num_replicas)
    text += fmt::format("\nit asks for {:.4g}; with factors {}; within the bounds {}", *current.policy_num_replicas,
                        current.desired_num_replicas, current.bounded_num_replicas);
  if (policy.state.text != "{}") text += "\nits state " + policy.state.text.substr(0, 200);
  return text;
}

std::string metrics_text(const control::ScalingDecision& decision) {
  std::string text;
  for (const auto& [name, value] : decision.metrics)
    text += fmt::format("{}{} {:.4g}", text.empty() ? "\nmean of the replicas: " : ", ", name, value);
  return text;
}

std::string fixed_text(const control::DeploymentDetails& deployment) {
  if (deployment.deployment_config.in_proxy) return "off: it runs in the HTTP proxies, without replicas (in_proxy)";
  const int configured = deployment.deployment_config.num_replicas, wanted = deployment.target_num_replicas;
  if (configured == wanted) return "off: the configuration says how many";
  return fmt::format("off: the configuration says {}, an external scaler or target_capacity {}", configured, wanted);
}

std::string scaling_text(const control::DeploymentDetails& deployment) {
  if (!deployment.autoscaling_detail) return fixed_text(deployment);
  const control::AutoscalingDetail& detail = *deployment.autoscaling_detail;
  std::string text = fmt::format("{} to {} replicas, {}; reports {}", detail.min_replicas, detail.max_replicas,
                                 detail.scaling_status, detail.metrics_health);
  if (!detail.current.verdict.empty()) text += "\nnow " + decision_text(detail.current);
  text += policy_text(detail) + metrics_text(detail.current);
  for (auto decision = detail.decisions.rbegin(); decision != detail.decisions.rend(); ++decision)
    text += "\n" + decision_text(*decision);
  for (const std::string& error : detail.errors) text += "\nerror: " + error;
  return text;
}

std::string scaled_down_text(const control::DeploymentDetails& deployment) {
  std::string text;
  for (auto replica = deployment.scaled_down.rbegin(); replica != deployment.scaled_down.rend(); ++replica)
    text += fmt::format("{}{:%H:%M:%S}  {}: {}", text.empty() ? "" : "\n",
                        fmt::localtime(static_cast<std::time_t>(replica->timestamp_s)), replica->replica_id,
                        replica->reason);
  return text;
}

std::string batches_text(const control::DeploymentDetails& deployment) {
  std::uint64_t all = 0;
  for (const auto& [reason, count] : deployment.batches_closed) all += count;
  std::string text;
  for (const auto& [reason, count] : deployment.batches_closed)
    text += fmt::format("{}{} {} ({:.0f} %)", text.empty() ? "" : ", ", count, reason,
                        100.0 * static_cast<double>(count) / static_cast<double>(all));
  return text.empty() ? text : "closed: " + text;
}

std::string refusal_text(const DeploymentConfig& config) {
  std::string text = config.max_queued_requests < 0
                         ? "requests wait until their deadline"
                         : fmt::format("{} when {} requests of one caller wait (max_queued_requests)",
                                       config.backpressure_status_code, config.max_queued_requests);
  const AdmissionConfig& admission = config.admission;
  if (admission.max_queued_bytes > 0) text += fmt::format("\nor {} bytes wait", admission.max_queued_bytes);
  if (admission.max_queue_age_s > 0) text += fmt::format("\nor one has waited {} s", admission.max_queue_age_s);
  if (admission.requests_per_s > 0) text += fmt::format("\n429 beyond {} requests/s", admission.requests_per_s);
  if (admission.tenant_requests_per_s > 0)
    text += fmt::format("\n429 beyond {} requests/s of one tenant", admission.tenant_requests_per_s);
  return text;
}

std::string dead_text(const control::DeploymentDetails& deployment) {
  std::string text;
  for (const control::ReplicaDetails& dead : deployment.recent_dead_replicas)
    text += fmt::format("{}{}: {}", text.empty() ? "" : "\n", dead.replica_id,
                        dead.message.substr(0, dead.message.find('\n')));
  return text;
}

}  // namespace

std::string explain_text(const std::string& application, const control::DeploymentDetails& deployment,
                         const std::string& page) {
  const DeploymentConfig& config = deployment.deployment_config;
  std::string text =
      fmt::format("{}/{}: {} ({})\n", application, deployment.name, deployment.status, deployment.status_trigger);
  add(text, "why", deployment.message);
  add(text, "replicas", replicas_text(deployment));
  add(text, "placed", fallback_text(deployment));
  add(text, "autoscaling", scaling_text(deployment));
  add(text, "scaled down", scaled_down_text(deployment));
  add(text, "batches", batches_text(deployment));
  add(text, "routing",
      fmt::format("{}, {} at a time on each replica", config.request_router_config.request_router_class,
                  config.max_ongoing_requests));
  add(text, "next replica", candidates_text(deployment));
  add(text, "refuses", refusal_text(config));
  add(text, "turned away", turned_away_text(application, deployment.name, page));
  add(text, "died lately", dead_text(deployment));
  return text;
}

}  // namespace manta::cli
