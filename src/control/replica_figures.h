#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/metrics.h"
#include "control/cluster_view.h"

namespace manta::control {

// What takes time in the life of a replica.
enum class ReplicaStep {
  Startup,         // from the wish for it until it runs
  Initialization,  // of that, from the beginning of its process on
  Reconfigure,     // new settings, until it has them
  Shutdown,        // from the order to stop to the end of its process
};

// Into the histogram of that step, of the deployment.
void observe_step(Metrics& metrics, ReplicaStep step, const DeploymentKey& key, Duration took);

// The controller's series of single replicas: starts, health. A replica that has ended is shown for kKept more, so that
// a scrape sees how it ended, and then no more. Loop-confined.
class ReplicaFigures {
 public:
  static constexpr Duration kKept = std::chrono::seconds(60);

  void started(const std::string& id, const DeploymentKey& key);
  void set_healthy(const std::string& id, const DeploymentKey& key, bool healthy);
  void check_failed(const std::string& id, const DeploymentKey& key);
  void ended(const std::string& id, const DeploymentKey& key, TimePoint now);

  // Prometheus text. Forgets the replicas whose time is over.
  std::string text(TimePoint now);

 private:
  struct One {
    std::unique_ptr<Metrics> metrics = std::make_unique<Metrics>();
    TimePoint until = TimePoint::max();
  };
  std::map<std::string, One> replicas_;  // by id
};

}  // namespace manta::control
