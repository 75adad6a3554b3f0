#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/loop.h"
#include "base/metrics.h"
#include "control/cluster_view.h"
#include "simulate/draw.h"
#include "simulate/findings.h"
#include "simulate/ledger.h"
#include "simulate/network.h"
#include "simulate/options.h"

namespace manta::simulate {

class Cluster;
class ControlPlane;

// What the parts of one simulation share; all of it outlives them.
struct World {
  Loop& loop;
  Network& network;
  Ledger& ledger;
  Findings& findings;
  Metrics& metrics;
  Logger& logger;
  const SimulationOptions& options;
  Random random;                                                             // of service and start times
  std::map<control::DeploymentKey, std::vector<std::string>> children = {};  // by handle, of the same application
  Cluster* cluster = nullptr;
  ControlPlane* plane = nullptr;
  std::uint64_t next_id = 1;  // of connections and callers
};

}  // namespace manta::simulate
