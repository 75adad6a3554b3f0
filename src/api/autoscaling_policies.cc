#include "api/autoscaling_policies.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <exception>
#include <utility>

#include <fmt/format.h>

#include <manta/detail/json_reader.h>

namespace manta::api {
namespace {

[[noreturn]] void refuse(std::string message) {
  throw Exception(Error{.code = ErrorCode::AppError, .message = std::move(message)});
}

// The function that `question` is for; made by the policy of that name when there is none yet.
template <class Function, class Policy>
Function& function_for(std::map<std::string, Function>& made, const std::vector<Policy>& policies,
                       const spec::PolicyQuestion& question, const std::string& deployment) {
  const std::string key = question.policy + '\n' + deployment + '\n' + question.kwargs.text;
  if (const auto known = made.find(key); known != made.end()) return known->second;
  const auto policy = std::ranges::find(policies, question.policy, &Policy::name);
  if (policy == policies.end() || !policy->make)
    refuse(fmt::format("the application has no autoscaling policy '{}'", question.policy));
  Function function = policy->make(Args::parse(question.kwargs.text));
  if (!function) refuse(fmt::format("make() of the autoscaling policy '{}' returned no function", question.policy));
  std::erase_if(made,
                [&](const auto& entry) { return entry.first.starts_with(question.policy + '\n' + deployment + '\n'); });
  return made[key] = std::move(function);
}

void check_decision(const std::string& deployment, const AutoscalingDecision& decision) {
  if (!std::isfinite(decision.num_replicas))
    refuse(fmt::format("num_replicas for '{}' is not a number: {}", deployment, decision.num_replicas));
  if (decision.state.text.size() > spec::kMostPolicyState)
    refuse(fmt::format("the state for '{}' has {} bytes; at most {} are kept", deployment, decision.state.text.size(),
                       spec::kMostPolicyState));
  const detail::JsonReader reader(decision.state.text);
  if (!reader.ok() || reader.kind() != detail::ValueKind::Object)
    refuse(fmt::format("the state for '{}' is not a JSON object", deployment));
}

}  // namespace

AutoscalingPolicies::AutoscalingPolicies(const Graph& graph)
    : policies_(graph.autoscaling_policies), application_policies_(graph.application_autoscaling_policies) {}

std::map<std::string, AutoscalingDecision> AutoscalingPolicies::ask_one(const spec::PolicyQuestion& question) {
  std::map<std::string, AutoscalingDecision> decisions;
  for (const auto& [deployment, context] : question.contexts)
    decisions[deployment] = function_for(made_, policies_, question, deployment)(context);
  return decisions;
}

std::map<std::string, AutoscalingDecision> AutoscalingPolicies::ask_all(const spec::PolicyQuestion& question) {
  auto decisions = function_for(application_made_, application_policies_, question, "")(question.contexts);
  for (const auto& [deployment, decision] : decisions)
    if (!question.contexts.contains(deployment))
      refuse(fmt::format("it decides for '{}', which is no deployment of the application with an autoscaling_config",
                         deployment));
  return decisions;
}

spec::PolicyAnswer AutoscalingPolicies::answer(const spec::PolicyQuestion& question) {
  const auto began = std::chrono::steady_clock::now();
  spec::PolicyAnswer answer;
  try {
    answer.decisions = question.of_application ? ask_all(question) : ask_one(question);
    for (const auto& [deployment, decision] : answer.decisions) check_decision(deployment, decision);
  } catch (const std::exception& error) {
    answer.error = *error.what() == '\0' ? "an exception without a message" : error.what();
  } catch (...) {
    answer.error = "an exception that is no std::exception";
  }
  if (!answer.error.empty()) answer.decisions.clear();
  answer.execution_ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began).count();
  return answer;
}

}  // namespace manta::api
