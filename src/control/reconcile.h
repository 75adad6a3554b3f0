#pragma once

#include <cstdint>
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
  int rank = 0;  // and the rest: see ReplicaView
  int world_size = 1;
  int node_rank = 0, local_rank = 0;
  std::string gang_id;
  std::uint64_t gang_epoch = 0;
};

struct StopReplica {
  std::string id;
  double grace_s = 20;
  bool operator==(const StopReplica&) const = default;
};

// A replica that stops because fewer are wanted.
struct ScaleDownChoice {
  DeploymentKey key;
  std::string id, reason;
  bool operator==(const ScaleDownChoice&) const = default;
};

// What to do now. Nothing in it assumes that it succeeds: the next turn looks again.
struct Plan {
  std::vector<StartReplica> starts;
  std::vector<StopReplica> stops;
  std::vector<ScaleDownChoice> scaled_down;       // which of the stops are for that
  std::map<DeploymentKey, std::string> pending;   // why replicas that are wanted do not start
  std::map<DeploymentKey, int> pending_replicas;  // how many of them fit nowhere
  std::vector<DeploymentKey> dropped;             // removed deployments that give up their room: deleted from now on
  std::optional<TimePoint> wake_at;               // when a back-off ends
};

// Compares what is with what should be. Pure; the order of `deployments` is the order in which resources are given out,
// but for packed nodes: there what needs most comes first.
// A deployment starts for the first time only when everything it has handles to runs: constructors may call. Deleted
// deployments stop callers before callees, and so do removed ones that are in the way of the rest of their application;
// replicas of no known deployment stop at once.
Plan reconcile(const ClusterView& view);

}  // namespace manta::control
