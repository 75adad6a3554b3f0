#include "control/autoscale_policy.h"

#include "spec/autoscaling_policy.h"

namespace manta::control {

// In the order of Ray's operations: another one would round otherwise.
double default_policy(const AutoscaleLoad& load, const AutoscalingConfig& config) {
  if (load.running == 0) return load.target;
  const double wanted = config.target_ongoing_requests * load.running;
  const double ratio = load.total / wanted;
  return load.running * ratio;
}

AutoscalePolicy autoscale_policy(const AutoscalingConfig& config) {
  const auto name = spec::autoscaling_policy_named(config.policy);
  if (!name || *name != spec::kTargetMetricPolicy) return default_policy;
  const auto options = spec::read_target_metric(config.policy_kwargs);
  if (!options) return default_policy;
  return [target = options->target](const AutoscaleLoad& load, const AutoscalingConfig&) -> std::optional<double> {
    if (!load.metric) return std::nullopt;
    return *load.metric / target;
  };
}

}  // namespace manta::control
