#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "control/cluster_view.h"
#include "control/placement.h"

namespace manta::control {

struct StartReplica {
  DeploymentKey key;
  Placement placement;
};

struct StopReplica {
  std::string id;
  double grace_s = 20;
  bool operator==(const StopReplica&) const = default;
};

// What to do now. Nothing in it assumes that it succeeds: the next turn looks again.
struct Plan {
  std::vector<StartReplica> starts;
  std::vector<StopReplica> stops;
  std::map<DeploymentKey, std::string> pending;  // why replicas that are wanted do not start
  std::optional<TimePoint> wake_at;              // when a back-off ends
};

// Compares what is with what should be. Pure; the order of `deployments` is the order in which resources are given out.
// A deployment starts for the first time only when everything it has handles to runs: constructors may call. Deleted
// deployments stop callers before callees; replicas of no known deployment stop at once.
Plan reconcile(const ClusterView& view);

}  // namespace manta::control
