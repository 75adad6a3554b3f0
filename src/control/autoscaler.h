#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <manta/autoscaling_context.h>

#include "control/autoscale.h"
#include "control/autoscale_record.h"
#include "control/cluster_view.h"
#include "control/load_history.h"
#include "control/policy_memory.h"
#include "spec/load_report.h"

namespace manta::control {

struct AutoscaleTerms {
  AutoscalingConfig config;
  ReplicaBounds bounds;
  int gang_size = 1;
  PolicyUse policy = {};
  bool operator==(const AutoscaleTerms&) const = default;
};

// The autoscaler's memory: the load of each deployment that it follows, how long a wish has held, what was decided and
// why. Time comes in, decisions come out; whoever asks carries them out. A deployment whose policy is the application's
// own gets its decisions from answered() and failed(); look() then only wakes it up. Not thread-safe.
class Autoscaler {
 public:
  static constexpr std::size_t kRemembered = 20;   // decisions, and verdicts, of each deployment
  static constexpr std::size_t kMostMetrics = 64;  // figures of a replica; further ones are not looked at
  using CallerId = std::uint64_t;
  struct Moment {
    TimePoint at;
    double unix_s = 0;
  };

  // From now on; what was known of the load stays. New terms begin new delays, another policy with an empty state.
  void follow(const DeploymentKey& key, const AutoscaleTerms& terms);
  bool follows(const DeploymentKey& key) const { return deployments_.contains(key); }
  std::vector<DeploymentKey> followed() const;
  // Forgets every deployment that is not among `keys`, which are sorted.
  void keep_only(const std::vector<DeploymentKey>& keys);

  // A replica that runs has so many requests. Nothing for a deployment that is not followed, here and below.
  void replica_load(const DeploymentKey& key, const std::string& replica, double ongoing, TimePoint now);
  // What its record_autoscaling_stats() returned.
  void replica_metrics(const DeploymentKey& key, const std::string& replica,
                       const std::map<std::string, double>& metrics, TimePoint now);
  // Returns the deployments of which more or fewer requests wait than before.
  std::vector<DeploymentKey> queued(CallerId caller, const spec::LoadReport& report, TimePoint now);
  // Its process has ended: none of its requests waits any more.
  std::vector<DeploymentKey> caller_gone(CallerId caller);

  // `running`: ids of the replicas that run, here and below. Every other replica's load is forgotten.
  AutoscaleDecision look(const DeploymentKey& key, const std::vector<std::string>& running, int target, Moment now);
  // When the next look at it may come to something else although no load is reported.
  std::optional<TimePoint> next_look(const DeploymentKey& key) const;

  // autoscaler_policy.cc: policies of the application's own. Followed deployments only.
  AutoscalingContext context(const DeploymentKey& key, const std::vector<std::string>& running, int target, Moment now);
  // `decision`: none if it left the deployment out.
  AutoscaleDecision answered(const DeploymentKey& key, const std::vector<std::string>& running, int target, Moment now,
                             const std::optional<AutoscalingDecision>& answer, double execution_ms);
  // It threw, died or took too long: the number stays, and so do its state and a delay that runs.
  void failed(const DeploymentKey& key, int target, Moment now, const std::string& why);
  const PolicyMemory& memory(const DeploymentKey& key) const { return deployments_.at(key).memory; }
  // Of an earlier controller. Nothing when it was of another policy, or that has answered since.
  void restore(const DeploymentKey& key, const PolicyMemory& memory);

  // Followed deployments only.
  AutoscalingDetail detail(const DeploymentKey& key) const;
  std::string figures() const;  // Prometheus text

 private:
  struct Caller {
    LoadHistory load;
    TimePoint heard;
  };
  using MetricLoads = std::map<std::string, std::map<std::string, LoadHistory>>;  // by metric, then replica
  struct Deployment {
    AutoscaleTerms terms;
    AutoscalePolicy policy;
    std::string metric;                          // that target_metric follows
    std::map<std::string, LoadHistory> running;  // by replica
    MetricLoads metrics;
    std::map<CallerId, Caller> queued;
    std::map<CallerId, double> silenced;  // callers with requests waiting, not counted as they were silent too long
    DelayState delay;
    std::vector<ScaleStep> steps;
    std::deque<ScalingDecision> decisions, verdicts;
    ScalingDecision current;
    std::optional<TimePoint> next_look;
    std::optional<double> due_s;  // of the last decision
    double look_ms = 0;
    PolicyMemory memory;
    PolicyDetail asked;  // counts and errors of a policy that is asked
  };

  static void drop_silent(Deployment& deployment, TimePoint now);
  static void keep_running(Deployment& deployment, const std::vector<std::string>& running, TimePoint now);
  static double total(Deployment& deployment, TimePoint now);
  static double queued_total(Deployment& deployment, TimePoint now);
  static double over_window(const Deployment& deployment, LoadHistory& load, TimePoint now);
  static std::optional<double> metric_sum(Deployment& deployment, const std::string& name, TimePoint now);
  static std::map<std::string, double> metric_means(Deployment& deployment, TimePoint now);
  static AutoscaleInput input_of(Deployment& deployment, const std::vector<std::string>& running, int target,
                                 TimePoint now);
  static AutoscaleDecision decided(Deployment& deployment, const AutoscaleInput& input, Moment now,
                                   const AutoscalePolicy& policy);
  static ScalingDecision entry_of(Deployment& deployment, const AutoscaleInput& input,
                                  const AutoscaleDecision& decision, Moment now);
  static void remember(Deployment& deployment, ScalingDecision entry, const AutoscaleDecision& decision, TimePoint now);
  static std::optional<TimePoint> next_look(const Deployment& deployment, Verdict verdict, TimePoint now);
  static std::int64_t waiting(const Deployment& deployment);

  std::map<DeploymentKey, Deployment> deployments_;
};

}  // namespace manta::control
