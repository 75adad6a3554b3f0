#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <boost/describe/class.hpp>

#include <manta/tensor.h>

namespace manta::control {

// One look of the autoscaler at a deployment: what it saw, and what it made of it. Names are Ray Serve's where it has
// them.
struct ScalingDecision {
  double timestamp_s = 0;        // Unix time
  std::string verdict;           // STEADY UP DOWN UP_DELAYED DOWN_DELAYED AT_MAX AT_MIN LIMITED HELD
  std::string reason;            // the verdict in words, also why nothing was done
  int prev_num_replicas = 0;     // target before
  int curr_num_replicas = 0;     // target after
  int desired_num_replicas = 0;  // what the policy asks for, factors applied: before delays, limits and bounds
  int bounded_num_replicas = 0;  // the same in whole gangs and within the bounds
  int running_replicas = 0;
  double total_num_requests = 0;     // running and waiting, aggregated over look_back_period_s
  std::int64_t queued_requests = 0;  // waiting in callers at that moment
  std::string policy;
  std::string policy_scope = "deployment";    // or application
  std::optional<double> policy_num_replicas;  // the policy's own number; none: it was not asked, or had none
  std::map<std::string, double> metrics;      // of record_autoscaling_stats(): mean of the replicas, over the same time
  bool operator==(const ScalingDecision&) const = default;
};
BOOST_DESCRIBE_STRUCT(ScalingDecision, (),
                      (timestamp_s, verdict, reason, prev_num_replicas, curr_num_replicas, desired_num_replicas,
                       bounded_num_replicas, running_replicas, total_num_requests, queued_requests, policy,
                       policy_scope, policy_num_replicas, metrics))

// A replica that was stopped because fewer were wanted, and why it and not another one.
struct ScaledDownReplica {
  double timestamp_s = 0;  // Unix time
  std::string replica_id, reason;
  bool operator==(const ScaledDownReplica&) const = default;
};
BOOST_DESCRIBE_STRUCT(ScaledDownReplica, (), (timestamp_s, replica_id, reason))

// How a policy of the application's own is doing.
struct PolicyDetail {
  std::string name;                                                // "custom:mine"
  std::string scope;                                               // deployment, application
  Json state{"{}"};                                                // of its last decision
  std::optional<double> last_scale_up_time, last_scale_down_time;  // Unix time
  std::uint64_t answers = 0, failures = 0;                         // since the controller started
  double execution_ms = 0;                                         // of the last answer
  std::string last_error;                                          // empty: its last answer was good
};
BOOST_DESCRIBE_STRUCT(PolicyDetail, (),
                      (name, scope, state, last_scale_up_time, last_scale_down_time, answers, failures, execution_ms,
                       last_error))

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
  std::optional<PolicyDetail> policy;  // of the application's own
};
BOOST_DESCRIBE_STRUCT(AutoscalingDetail, (),
                      (scaling_status, min_replicas, max_replicas, metrics, metrics_health, current, decisions,
                       verdicts, errors, policy))

}  // namespace manta::control
