#pragma once

#include <optional>
#include <string>

#include <boost/describe/class.hpp>

#include <manta/tensor.h>

namespace manta {

// How the number of replicas follows the load: on average `target_ongoing_requests` running and waiting requests per
// replica. Names, defaults and semantics are Ray Serve's; what is ours is marked.
struct AutoscalingConfig {
  int min_replicas = 1;                 // 0 = the deployment may sleep; a request that comes then waits for a start
  std::optional<int> initial_replicas;  // at first and when the configuration changes; none = `min_replicas`
  int max_replicas = 1;                 // with `num_replicas: auto` 100
  // running and waiting requests per replica that it steers to. Also spelled
  // `target_num_ongoing_requests_per_replica`
  double target_ongoing_requests = 2;
  double look_back_period_s = 30;             // window over which the load is aggregated
  double metrics_interval_s = 10;             // longest time between two load reports; changes are reported sooner
  std::string aggregation_function = "mean";  // over the window: `mean`, `max`, `min`
  double upscale_delay_s = 30;                // the wish for more must hold this long without a break
  double downscale_delay_s = 600;             // the same for less
  std::optional<double> downscale_to_zero_delay_s;  // from one to none; none = `downscale_delay_s`
  // gain on the difference. Also spelled `upscale_smoothing_factor` (`downscale_smoothing_factor`), both:
  // `smoothing_factor`
  double upscaling_factor = 1;
  double downscaling_factor = 1;        // the same for less
  std::string policy = "default";       // name of the policy; Ray's `{policy_function, policy_kwargs}` is read too
  Json policy_kwargs{"{}"};             // for the policy
  int max_upscale_step = 0;             // most replicas added by one decision; 0 = no limit
  int max_downscale_step = 0;           // the same for less
  double max_upscale_per_minute = 0;    // most replicas added within a minute; 0 = no limit
  double max_downscale_per_minute = 0;  // the same for less
  // part of a replica (below 1) by which the wish must pass a whole number before it counts; 0 = none, as in Ray
  // Serve
  double hysteresis = 0;
  bool operator==(const AutoscalingConfig&) const = default;
};
BOOST_DESCRIBE_STRUCT(AutoscalingConfig, (),
                      (min_replicas, initial_replicas, max_replicas, target_ongoing_requests, look_back_period_s,
                       metrics_interval_s, aggregation_function, upscale_delay_s, downscale_delay_s,
                       downscale_to_zero_delay_s, upscaling_factor, downscaling_factor, policy, policy_kwargs,
                       max_upscale_step, max_downscale_step, max_upscale_per_minute, max_downscale_per_minute,
                       hysteresis))

}  // namespace manta
