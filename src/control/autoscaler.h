#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "control/autoscale.h"
#include "control/autoscale_record.h"
#include "control/cluster_view.h"
#include "control/load_history.h"
#include "spec/load_report.h"

namespace manta::control {

struct AutoscaleTerms {
  AutoscalingConfig config;
  ReplicaBounds bounds;
  int gang_size = 1;
  bool operator==(const AutoscaleTerms&) const = default;
};

// The autoscaler's memory: the load of each deployment that it follows, how long a wish has held, what was decided and
// why. Time comes in, decisions come out; whoever asks carries them out. Not thread-safe.
class Autoscaler {
 public:
  static constexpr std::size_t kRemembered = 20;  // decisions, and verdicts, of each deployment
  using CallerId = std::uint64_t;
  struct Moment {
    TimePoint at;
    double unix_s = 0;
  };

  // From now on; what was known of the load stays. New terms begin new delays.
  void follow(const DeploymentKey& key, const AutoscaleTerms& terms);
  bool follows(const DeploymentKey& key) const { return deployments_.contains(key); }
  std::vector<DeploymentKey> followed() const;
  // Forgets every deployment that is not among `keys`, which are sorted.
  void keep_only(const std::vector<DeploymentKey>& keys);

  // A replica that runs has so many requests. Nothing for a deployment that is not followed, here and below.
  void replica_load(const DeploymentKey& key, const std::string& replica, double ongoing, TimePoint now);
  // Returns the deployments of which more or fewer requests wait than before.
  std::vector<DeploymentKey> queued(CallerId caller, const spec::LoadReport& report, TimePoint now);
  // Its process has ended: none of its requests waits any more.
  std::vector<DeploymentKey> caller_gone(CallerId caller);

  // `running`: ids of the replicas that run. Every other replica's load is forgotten.
  AutoscaleDecision look(const DeploymentKey& key, const std::vector<std::string>& running, int target, Moment now);
  // When the next look at it may come to something else although no load is reported.
  std::optional<TimePoint> next_look(const DeploymentKey& key) const;

  // Followed deployments only.
  AutoscalingDetail detail(const DeploymentKey& key) const;
  std::string figures() const;  // Prometheus text

 private:
  struct Caller {
    LoadHistory load;
    TimePoint heard;
  };
  struct Deployment {
    AutoscaleTerms terms;
    AutoscalePolicy policy;
    std::map<std::string, LoadHistory> running;  // by replica
    std::map<CallerId, Caller> queued;
    DelayState delay;
    std::vector<ScaleStep> steps;
    std::deque<ScalingDecision> decisions, verdicts;
    ScalingDecision current;
    std::optional<TimePoint> next_look;
    double look_ms = 0;
  };

  static void drop_silent(Deployment& deployment, TimePoint now);
  static void keep_running(Deployment& deployment, const std::vector<std::string>& running, TimePoint now);
  static double total(Deployment& deployment, TimePoint now);
  static void remember(Deployment& deployment, ScalingDecision entry, const AutoscaleDecision& decision, TimePoint now);
  static std::optional<TimePoint> next_look(const Deployment& deployment, const AutoscaleDecision& decision,
                                            TimePoint now);

  std::map<DeploymentKey, Deployment> deployments_;
};

}  // namespace manta::control
