#pragma once

#include <string>

#include "base/clock.h"
#include "base/metrics.h"
#include "control/cluster_view.h"
#include "control/kept_series.h"

namespace manta::control {

// What takes time in the life of a replica.
enum class ReplicaStep {
  Startup,         // from the wish for it until it runs
  Initialization,  // of that, from the beginning of its process on
  Reconfigure,     // new settings, until it has them
  Shutdown,        // from the order to stop to the end of its process
};

// The controller's series of single replicas (starts, health) and of single deployments (how long steps take). What has
// ended is shown for a while and then no more. Loop-confined.
class ReplicaFigures {
 public:
  static constexpr Duration kKept = KeptSeries<std::string>::kKept;

  explicit ReplicaFigures(Metrics& whole) : replicas_(whole), deployments_(whole) {}

  void started(const std::string& id, const DeploymentKey& key);
  void set_healthy(const std::string& id, const DeploymentKey& key, bool healthy);
  void check_failed(const std::string& id, const DeploymentKey& key);
  void ended(const std::string& id, const DeploymentKey& key, TimePoint now);

  // Into the histogram of that step.
  void took(ReplicaStep step, const DeploymentKey& key, Duration time);
  // For further series of a deployment.
  Metrics& of(const DeploymentKey& key) { return deployments_.of(key); }
  void ended(const DeploymentKey& key, TimePoint now) { deployments_.ended(key, now); }

  // What is to be shown no more.
  void forget(TimePoint now);

 private:
  KeptSeries<std::string> replicas_;  // by id
  KeptSeries<DeploymentKey> deployments_;
};

}  // namespace manta::control
