#pragma once

#include <functional>
#include <optional>

#include <manta/autoscaling_config.h>

namespace manta::control {

// What a policy knows about one deployment.
struct AutoscaleLoad {
  double total = 0;                   // running and waiting requests, aggregated over the window
  int running = 0;                    // replicas that run
  int target = 0;                     // replicas that should run
  std::optional<double> metric = {};  // of target_metric: summed over the replicas that have reported it
};

// How many replicas the load asks for; a fraction asks for the next whole one; none: it cannot say, and the number
// stays. How a deployment without replicas wakes up, and what the configuration says about factors, delays and bounds,
// is the same for every policy. Pure.
using AutoscalePolicy = std::function<std::optional<double>(const AutoscaleLoad&, const AutoscalingConfig&)>;

// As many as have target_ongoing_requests each. Ray Serve's default_autoscaling_policy.
double default_policy(const AutoscaleLoad& load, const AutoscalingConfig& config);

// The built-in policy that `config` names; default_policy for a name that no deploy would have let in.
AutoscalePolicy autoscale_policy(const AutoscalingConfig& config);

}  // namespace manta::control
