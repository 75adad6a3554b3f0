#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "control/cluster_view.h"
#include "control/scaling_state.h"
#include "spec/status.h"

namespace manta::control {

// Why a deployment is not, or was last not, at its target.
enum class Goal {
  Update,   // a deploy
  Upscale,  // num_replicas was raised and nothing else changed
  Downscale,
  Recover,  // a replica crashed or became unhealthy
};

// What a status needs to know of one replica.
struct ReplicaFacts {
  ReplicaPhase phase = ReplicaPhase::Starting;
  bool unhealthy = false, outdated = false, leaving = false;  // as in ReplicaView
  bool is_of_target = true;                                   // of the version that is wanted
};

// What the status of one deployment is made from.
struct DeploymentFacts {
  DeploymentTarget target;
  Goal goal = Goal::Update;
  std::vector<ReplicaFacts> replicas;
  std::string pending;       // from the plan
  int pending_replicas = 0;  // that fit nowhere
  std::string last_failure;  // of a start or a crash: error text and last output lines
  bool proven = false;       // its starts are tried for ever
  DeploymentScaling scaling;
};

// "STARTING", ...: as status and details show it.
std::string_view state_name(ReplicaPhase phase);
std::string_view state_name(const ReplicaView& replica);  // PENDING_MIGRATION: it runs and is being drained

// True when exactly the wanted replicas run, in the wanted version and with the wanted settings.
bool at_target(const DeploymentFacts& facts);

// Status, trigger and message as users of `status` know them; the message says why when the deployment is not HEALTHY.
spec::DeploymentStatus deployment_status(const DeploymentFacts& facts);

// The application's status from its deployments': the worst of them decides. Messages of the ones that failed are
// joined.
spec::ApplicationStatus application_status(const std::map<std::string, spec::DeploymentStatus>& deployments,
                                           bool deleting, const std::string& deploy_error, double deployed_at_s);

}  // namespace manta::control
