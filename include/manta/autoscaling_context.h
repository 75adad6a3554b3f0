#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <boost/describe/class.hpp>

#include <manta/autoscaling_config.h>

namespace manta {

class Args;

// What is known of one deployment when its policy is asked. Names are Ray Serve's where it has them. Figures "over the
// window" are those of the last look_back_period_s, put together by aggregation_function; times are Unix times in
// seconds.
struct AutoscalingContext {
  std::string app_name, deployment_name;
  int current_num_replicas = 0;  // that run
  int target_num_replicas = 0;   // that should run
  std::vector<std::string> running_replicas;
  double total_num_requests = 0;      // running and waiting, over the window
  double total_queued_requests = 0;   // waiting in callers, over the window
  double total_running_requests = 0;  // the difference
  // By metric, then replica, over the window: what record_autoscaling_stats() returned, and "running_requests".
  std::map<std::string, std::map<std::string, double>> aggregated_metrics;
  std::map<std::string, std::map<std::string, double>> latest_metrics;  // the same as last reported
  int capacity_adjusted_min_replicas = 0;
  int capacity_adjusted_max_replicas = 0;
  Json policy_state{"{}"};  // of the last decision that was taken; {} at first
  std::optional<double> last_scale_up_time, last_scale_down_time;
  double current_time = 0;
  AutoscalingConfig config;

  Args state() const;  // policy_state, to read from: in <manta/autoscaling_policy.h>
};
BOOST_DESCRIBE_STRUCT(AutoscalingContext, (),
                      (app_name, deployment_name, current_num_replicas, target_num_replicas, running_replicas,
                       total_num_requests, total_queued_requests, total_running_requests, aggregated_metrics,
                       latest_metrics, capacity_adjusted_min_replicas, capacity_adjusted_max_replicas, policy_state,
                       last_scale_up_time, last_scale_down_time, current_time, config))

struct AutoscalingDecision {
  double num_replicas = 0;  // a fraction asks for the next whole one
  // A JSON object of up to 64 KiB, given back with the next question, also by another controller and another process.
  Json state{"{}"};
};
BOOST_DESCRIBE_STRUCT(AutoscalingDecision, (), (num_replicas, state))

}  // namespace manta
