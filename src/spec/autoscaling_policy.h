#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <boost/describe/class.hpp>

#include <manta/autoscaling_config.h>
#include <manta/error.h>

#include "spec/validate.h"

namespace manta::spec {

inline constexpr std::string_view kDefaultAutoscalingPolicy = "default";
inline constexpr std::string_view kTargetMetricPolicy = "target_metric";
inline constexpr std::string_view kCustomAutoscalingPolicy = "custom";

// The autoscaling policy that a configuration means: by its name, by the path of Ray Serve's function, or
// kCustomAutoscalingPolicy for one of the application's own. InvalidArgument names those that exist.
Result<std::string_view> autoscaling_policy_named(const std::string& name);

// "mine" of "custom:mine"; empty for every other name.
std::string_view custom_autoscaling_name(std::string_view policy);

// policy_kwargs of target_metric: as many replicas as have `target` of `metric` each, on average.
struct TargetMetric {
  std::string metric;
  double target = 0;
};
BOOST_DESCRIBE_STRUCT(TargetMetric, (), (metric, target))
Result<TargetMetric> read_target_metric(const Json& kwargs);

// What is wrong with policy and policy_kwargs, as far as it can be said without the application.
std::vector<Fault> policy_faults(const AutoscalingConfig& config);
// The same of the policy of an application.
std::vector<Fault> policy_faults(const AutoscalingPolicyConfig& policy);

// Why `policy` names none of `known`, the application's own; empty when it does, or is no custom policy. `member`: of
// Application, that holds them.
std::string unknown_policy_fault(std::string_view policy, const std::vector<std::string>& known,
                                 std::string_view member);

}  // namespace manta::spec
