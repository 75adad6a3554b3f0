#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <manta/error.h>

#include "base/task_scope.h"
#include "simulate/caller.h"
#include "simulate/cluster.h"
#include "simulate/control_plane.h"
#include "simulate/fault_schedule.h"
#include "simulate/recorder.h"
#include "simulate/timeline.h"

namespace manta::simulate {

// One run: the real controller, routers and admission under a virtual clock, with simulated processes, messages and
// faults around them. The same options and seed give the same run. What must never be is watched all the time and
// reported as findings: replicas that serve below what an update may go down to, more requests on a replica than it
// may have, a node booked beyond what it has, a request lost, answered twice, run twice or failed without a reason,
// places and processes that are left over, and a system that does not come to rest when the faults stop.
class Simulation {
 public:
  explicit Simulation(SimulationOptions options);
  ~Simulation();

  // The whole run. InvalidArgument if the controller refuses the configuration, Unavailable with the reason if the
  // applications do not get to run.
  Result<Report> run();

 private:
  Result<void> start();
  void send_requests();
  void send_next();
  void send(const std::string& name);
  Task<void> request(std::size_t caller, control::DeploymentKey key, CallTerms terms);
  void come_to_rest();
  void take_down();
  bool run_until(TimePoint end, bool (Simulation::*reached)() const);
  bool is_ready() const;
  bool is_at_rest() const;
  bool is_empty() const;
  std::string why_not_ready() const;
  std::string unrest() const;
  const control::DeploymentKey& destination(const std::string& name);  // which is known
  void record_next();

  const SimulationOptions options_;
  VirtualClock clock_;
  Loop loop_{clock_};
  Logger logger_;
  Metrics metrics_;
  Findings findings_{clock_};
  Ledger ledger_{findings_};
  Network network_;
  World world_;
  Cluster cluster_;
  ControlPlane plane_;
  std::vector<std::unique_ptr<Caller>> callers_;
  Recorder recorder_;
  FaultSchedule faults_;
  Arrivals arrivals_;
  Random random_;  // of the requests
  TimePoint begin_{};
  double ready_after_s_ = 0;
  std::map<std::string, control::DeploymentKey> destinations_;  // by the name that the trace has
  bool sending_ = false;
  TaskScope requests_;
};

}  // namespace manta::simulate
