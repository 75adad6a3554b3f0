#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <boost/describe/class.hpp>

namespace manta::control {

// One look of the autoscaler at a deployment: what it saw, and what it made of it. Names are Ray Serve's where it has
// them.
struct ScalingDecision {
  double timestamp_s = 0;        // Unix time
  std::string verdict;           // STEADY UP DOWN UP_DELAYED DOWN_DELAYED AT_MAX AT_MIN LIMITED
  std::string reason;            // the verdict in words, also why nothing was done
  int prev_num_replicas = 0;     // target before
  int curr_num_replicas = 0;     // target after
  int desired_num_replicas = 0;  // what the load asks for, before delays, limits and bounds
  int running_replicas = 0;
  double total_num_requests = 0;     // running and waiting, aggregated over look_back_period_s
  std::int64_t queued_requests = 0;  // waiting in callers at that moment
  std::string policy;
  bool operator==(const ScalingDecision&) const = default;
};
BOOST_DESCRIBE_STRUCT(ScalingDecision, (),
                      (timestamp_s, verdict, reason, prev_num_replicas, curr_num_replicas, desired_num_replicas,
                       running_replicas, total_num_requests, queued_requests, policy))

// autoscaling_detail of a deployment.
struct AutoscalingDetail {
  std::string scaling_status = "STABLE";   // UPSCALING DOWNSCALING STABLE
  int min_replicas = 0, max_replicas = 0;  // in force, adjusted by target_capacity
  std::map<std::string, double> metrics;
  std::string metrics_health = "healthy";  // healthy, delayed, unavailable
  ScalingDecision current;                 // the last look
  std::vector<ScalingDecision> decisions;  // the last changes of the target, oldest first
  std::vector<ScalingDecision> verdicts;   // the last looks whose verdict was another than before
  std::vector<std::string> errors;
};
BOOST_DESCRIBE_STRUCT(AutoscalingDetail, (),
                      (scaling_status, min_replicas, max_replicas, metrics, metrics_health, current, decisions,
                       verdicts, errors))

}  // namespace manta::control
