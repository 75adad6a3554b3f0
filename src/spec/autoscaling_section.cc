#include "spec/autoscaling_section.h"

#include <optional>
#include <string>
#include <string_view>

namespace manta::spec {
namespace {

// The value under an old name, where it counts: not when the new name is given too.
std::optional<double> read_old(Section& section, std::string_view old_name, std::string_view name) {
  double value = 0;
  if (!section.read(old_name, value)) return std::nullopt;
  const std::string quoted = "'" + std::string(name) + "'";
  if (section.has(name)) {
    section.warn(old_name, "an old name of " + quoted + ", which is given too and wins");
    return std::nullopt;
  }
  section.warn(old_name, "an old name of " + quoted);
  return value;
}

// A factor is upscaling_factor, else upscale_smoothing_factor, else smoothing_factor, else 1.
void read_factors(Section& section, AutoscalingConfig& config) {
  double both = 1;
  if (section.read("smoothing_factor", both))
    section.warn("smoothing_factor", "an old name of 'upscaling_factor' and 'downscaling_factor'");
  if (!section.has("upscaling_factor"))
    config.upscaling_factor = read_old(section, "upscale_smoothing_factor", "upscaling_factor").value_or(both);
  else
    read_old(section, "upscale_smoothing_factor", "upscaling_factor");
  if (!section.has("downscaling_factor"))
    config.downscaling_factor = read_old(section, "downscale_smoothing_factor", "downscaling_factor").value_or(both);
  else
    read_old(section, "downscale_smoothing_factor", "downscaling_factor");
}

// A name, or Ray Serve's {policy_function, policy_kwargs}.
void read_policy(Section& section, std::string_view key, std::string& name, Json& kwargs) {
  const std::optional<std::string> json = section.take(key);
  if (!json || json->starts_with('"')) {
    section.read(key, name);
    return;
  }
  Section policy = section.section(key);
  policy.read("policy_function", name);
  policy.read("name", name);
  policy.read("policy_kwargs", kwargs);
  policy.refuse_rest();
}

}  // namespace

AutoscalingConfig read_autoscaling(Section section, bool automatic) {
  AutoscalingConfig config;
  if (automatic) config.max_replicas = 100;
  section.each_member(config, [&](std::string_view name, auto& value) {
    if (name != "policy") section.read(name, value);
  });
  read_policy(section, "policy", config.policy, config.policy_kwargs);
  read_factors(section, config);
  if (const auto old = read_old(section, "target_num_ongoing_requests_per_replica", "target_ongoing_requests"))
    config.target_ongoing_requests = *old;
  section.refuse_rest();
  return config;
}

std::optional<AutoscalingPolicyConfig> read_application_policy(Section& application) {
  constexpr std::string_view kKey = "autoscaling_policy";
  if (!application.take(kKey)) return std::nullopt;
  AutoscalingPolicyConfig policy;
  read_policy(application, kKey, policy.policy_function, policy.policy_kwargs);
  return policy;
}

}  // namespace manta::spec
