#include "control/autoscale_policy.h"

#include <array>
#include <string_view>

#include "spec/autoscaling_policy.h"

namespace manta::control {
namespace {

struct Entry {
  std::string_view name;  // as spec::autoscaling_policy_named() gives it
  double (*policy)(const AutoscaleLoad&, const AutoscalingConfig&);
};
constexpr std::array kPolicies = {Entry{"default", default_policy}};

}  // namespace

// In the order of Ray's operations: another one would round otherwise.
double default_policy(const AutoscaleLoad& load, const AutoscalingConfig& config) {
  if (load.running == 0) return load.target;
  const double wanted = config.target_ongoing_requests * load.running;
  const double ratio = load.total / wanted;
  return load.running * ratio;
}

AutoscalePolicy autoscale_policy(const AutoscalingConfig& config) {
  const auto name = spec::autoscaling_policy_named(config.policy);
  if (name)
    for (const Entry& entry : kPolicies)
      if (entry.name == *name) return entry.policy;
  return default_policy;
}

}  // namespace manta::control
