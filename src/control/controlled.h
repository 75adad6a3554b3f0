#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/loop.h"
#include "control/application_record.h"
#include "control/deployment_status.h"
#include "control/deployment_target.h"
#include "control/reconcile.h"
#include "control/replica_link.h"
#include "control/scaling_state.h"
#include "runtime/backend.h"
#include "spec/replica_set.h"
#include "spec/settings.h"
#include "spec/status.h"

// What a Controller knows of that which was deployed and of that which runs.
namespace manta::control {

// One replica as the controller knows it.
struct ControlledReplica {
  ReplicaView view;
  runtime::ObservedReplica observed;
  std::unique_ptr<ReplicaLink> link;
  std::string host;                  // id of the replica in whose process it is; empty: its own
  std::vector<std::string> members;  // ids of the others in its process
  spec::ReplicaState state;
  int health_failures = 0;     // in a row
  bool start_counted = false;  // its start has already been counted as failed
  TimerId start_timer = 0;     // while it starts; once it runs, the pause before its settings are told again
  TimePoint process_since{};   // when its process had begun
  TimePoint running_since{};
  std::optional<TimePoint> stopping_since;        // told to end; none: by an earlier controller, or not
  std::optional<spec::RunningSettings> settings;  // that it runs with; none: found by a restarted controller
  bool is_being_told = false;                     // its new settings
};

// What served before the present definition did, until that has been rolled out.
struct Fallback {
  spec::Shared<ApplicationRecord> record;
  spec::NodeSpec node;
  DeploymentTarget target;
};

// What the store knows of a rollout.
struct StoredProgress {
  bool completed = false, has_fallback = false;
  std::string failure;
  bool operator==(const StoredProgress&) const = default;
};

struct ControlledDeployment {
  spec::NodeSpec node;
  DeploymentTarget target;
  std::optional<Fallback> fallback;
  bool removed = false;    // its application no longer has it; it serves by its fallback until the rest is updated
  bool completed = false;  // all its replicas have run with the present definition
  bool proven = false;     // the present definition has served in this life of the instance: its starts are tried on
  StoredProgress stored;
  Goal goal = Goal::Update;
  bool reached = false;  // has been at its target since the goal was set: what goes wrong now is a recovery
  std::string pending;
  int pending_replicas = 0;
  std::string last_failure;
  DeploymentScaling scaling;
  std::vector<ScaledDownReplica> scaled_down;  // the last ones, oldest first
  spec::Shared<spec::ReplicaSet> published;
};

struct ControlledApplication {
  spec::Shared<ApplicationRecord> record;
  spec::Shared<std::string> openapi;          // the document made from the record
  std::optional<ApplicationRecord> fallback;  // of which everything ran, until everything runs of the present one
  spec::Shared<std::string> fallback_openapi;
  spec::Shared<spec::ApplicationRoutes> published;
  bool fallback_stored = false;
  bool deleting = false;
  std::map<std::string, ControlledDeployment> deployments;
};

struct DeadReplica {
  std::string id, message;
  DeploymentKey key;
  int pid = 0;
};

// The update of a deployment has been given up: what is missing is started from the fallback, nothing is replaced.
bool on_fallback(const ControlledDeployment& deployment);

// What holds for new replicas: by the present definition, or by that of the fallback.
DeploymentTarget target_in_force(const ControlledDeployment& deployment);
int replicas_in_force(const ControlledDeployment& deployment);
const spec::NodeSpec& node_in_force(const ControlledDeployment& deployment);
const ApplicationRecord& record_in_force(const ControlledDeployment& deployment,
                                         const ControlledApplication& application);

}  // namespace manta::control
