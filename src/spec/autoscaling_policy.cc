#include "spec/autoscaling_policy.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <manta/detail/json.h>
#include <manta/detail/json_reader.h>

#include "codec/nearest.h"
#include "spec/checks.h"

namespace manta::spec {
namespace {

constexpr std::string_view kDefaultPaths[] = {"default_autoscaling_policy",
                                              "ray.serve.autoscaling_policy:default_autoscaling_policy",
                                              "ray.serve.autoscaling_policy.default_autoscaling_policy",
                                              "ray.serve.autoscaling_policy:replica_queue_length_autoscaling_policy",
                                              "ray.serve.autoscaling_policy.replica_queue_length_autoscaling_policy"};
constexpr std::array kBuiltIn = {kDefaultAutoscalingPolicy, kTargetMetricPolicy};
constexpr std::string_view kCustomPolicyPrefix = "custom:";

void check_policy_kwargs(Checks& checks, const Json& kwargs) {
  const detail::JsonReader reader(kwargs.text);
  checks.require(reader.ok() && reader.kind() == detail::ValueKind::Object, "policy_kwargs", "expected an object");
}

}  // namespace

std::string_view custom_autoscaling_name(std::string_view policy) {
  return policy.starts_with(kCustomPolicyPrefix) ? policy.substr(kCustomPolicyPrefix.size()) : std::string_view();
}

Result<std::string_view> autoscaling_policy_named(const std::string& name) {
  if (!custom_autoscaling_name(name).empty()) return kCustomAutoscalingPolicy;
  if (const auto known = std::ranges::find(kBuiltIn, name); known != kBuiltIn.end()) return *known;
  if (std::ranges::find(kDefaultPaths, name) != std::end(kDefaultPaths)) return kDefaultAutoscalingPolicy;
  std::string message = "there is no autoscaling policy '" + name + "'";
  if (const std::string_view near = codec::nearest(name, kBuiltIn); !near.empty())
    message += "; did you mean '" + std::string(near) + "'?";
  message += "; there are: default, target_metric, and 'custom:<name>' for one of the application's own";
  if (name.find(':') != std::string::npos)
    message += "; it looks like the path of a Python function, and Manta runs no Python";
  return fail(ErrorCode::InvalidArgument, std::move(message));
}

Result<TargetMetric> read_target_metric(const Json& kwargs) {
  auto read = detail::from_json<TargetMetric>(kwargs.text);
  if (!read) return fail(ErrorCode::InvalidArgument, "options of target_metric: " + read.error().message);
  if (read->metric.empty())
    return fail(ErrorCode::InvalidArgument,
                "options of target_metric: 'metric' is needed, the name of a figure that "
                "record_autoscaling_stats() returns");
  if (!std::isfinite(read->target) || read->target <= 0)
    return fail(ErrorCode::InvalidArgument,
                "options of target_metric: expected a 'target' above 0, found " + number_text(read->target));
  return read;
}

std::vector<Fault> policy_faults(const AutoscalingConfig& config) {
  Checks checks;
  check_policy_kwargs(checks, config.policy_kwargs);
  const auto policy = autoscaling_policy_named(config.policy);
  if (!policy) {
    checks.require(false, "policy", policy.error().message);
  } else if (*policy == kTargetMetricPolicy) {
    if (const auto options = read_target_metric(config.policy_kwargs); !options)
      checks.require(false, "policy_kwargs", options.error().message);
  }
  return checks.take();
}

std::vector<Fault> policy_faults(const AutoscalingPolicyConfig& policy) {
  Checks checks;
  checks.require(!custom_autoscaling_name(policy.policy_function).empty(), "policy_function",
                 "expected 'custom:<name>', one of Application::application_autoscaling_policies, found '" +
                     policy.policy_function + "'");
  check_policy_kwargs(checks, policy.policy_kwargs);
  return checks.take();
}

std::string unknown_policy_fault(std::string_view policy, const std::vector<std::string>& known,
                                 std::string_view member) {
  const std::string_view name = custom_autoscaling_name(policy);
  if (name.empty() || std::ranges::find(known, name) != known.end()) return {};
  const std::vector<std::string_view> names(known.begin(), known.end());
  return "the application has no autoscaling policy '" + std::string(name) + "' (Application::" + std::string(member) +
         ")" + codec::suggestion(name, names);
}

}  // namespace manta::spec
