#pragma once

#include <limits>
#include <map>
#include <memory>
#include <set>
#include <string>

#include <manta/config.h>

#include "base/deadline_heap.h"
#include "control/autoscaler.h"
#include "control/policy_asker.h"

namespace manta::control {

// What the controller keeps about numbers of replicas that come from no configuration.
struct ScalingState {
  Autoscaler autoscaler;
  std::map<DeploymentKey, int> stored;  // by the autoscaler, or by an external scaler
  bool capacity_grows = false;          // target_capacity has last been raised
  std::set<DeploymentKey> stirred;      // whose load has changed since the last look
  bool follows = false;                 // it is known which deployments follow the load
  TimerId timer = 0;                    // of the next look
  TimePoint last_look{};
  Duration pause{};  // after it
  std::unique_ptr<PolicyAsker> asker;
  std::map<DeploymentKey, PolicyMemory> memories;  // as the store has them
  TimerId save_timer = 0;                          // memories that have changed are stored when it fires
};

// The same of one deployment.
struct DeploymentScaling {
  std::string change;  // made by a scaler, not by a deploy: "Upscaling from 1 to 2 replicas."; empty: none was
  bool by_autoscaler = false;
  // As many replicas have run at the target: an application stays ready while more are added.
  static constexpr int kNone = std::numeric_limits<int>::max();
  int ready_replicas = kNone;
  std::string problem;  // of the policy that decides: why the number stays; empty: none
};

int gang_size_of(const DeploymentConfig& config);

}  // namespace manta::control
