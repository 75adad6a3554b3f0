#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "control/controller.h"
#include "simulate/caller.h"
#include "simulate/cluster.h"
#include "simulate/timeline.h"

namespace manta::simulate {

// Measures a run: latencies as they come, everything else when rows are due. Loop-confined.
class Recorder {
 public:
  // `callers` is where the requests of the run come from.
  Recorder(World& world, const std::vector<std::unique_ptr<Caller>>& callers) : world_(world), callers_(callers) {}

  void begin();  // the clock of the run starts
  void ended(const std::string& application, Duration took, bool answered);
  void add_rows();  // one for each deployment, for the time since the last ones
  // All but the findings.
  Report report() const;

 private:
  struct Latencies {
    std::vector<double> ms;
    std::size_t failed = 0;
  };
  TimelineRow row(const control::DeploymentKey& key, const control::Controller::Deployment& deployment,
                  const Latencies& latencies, Cluster::Use used);

  World& world_;
  const std::vector<std::unique_ptr<Caller>>& callers_;
  TimePoint begin_, row_begin_;
  std::map<std::string, Latencies> since_;  // the last rows, by application
  std::map<control::DeploymentKey, SimulatedReplica::Work> work_;
  std::vector<double> all_ms_;
  Cluster::Use first_use_, row_use_;
  double busy_s_ = 0, ready_s_ = 0;
  std::vector<TimelineRow> rows_;
};

}  // namespace manta::simulate
