#pragma once

#include <map>
#include <string>
#include <vector>

#include <boost/describe/class.hpp>

#include "control/application_record.h"
#include "control/cluster_view.h"
#include "control/update_class.h"

namespace manta::control {

// What a deploy does to one deployment.
struct DeploymentPlan {
  std::string name;
  std::string change;                // added, removed, unchanged, light, reconfigure (in place), restart
  std::vector<FieldChange> changes;  // why; fields of the configuration, and "code", "arguments", "environment"
  int replicas_before = 0;
  int replicas_after = 0;
  std::vector<int> waves;   // how many new replicas each wave of a restart starts
  std::string replacement;  // of a restart: "start first", "stop first"
  bool operator==(const DeploymentPlan&) const = default;
};
BOOST_DESCRIBE_STRUCT(DeploymentPlan, (), (name, change, changes, replicas_before, replicas_after, waves, replacement))

struct ApplicationPlan {
  std::string name;
  std::string change;                // of its deployments the one with the greatest effect
  std::vector<FieldChange> changes;  // of the application itself: route_prefix, import_path, args, env_vars
  std::vector<DeploymentPlan> deployments;
  bool operator==(const ApplicationPlan&) const = default;
};
BOOST_DESCRIBE_STRUCT(ApplicationPlan, (), (name, change, changes, deployments))

// What a deploy would do, before it does anything.
struct DeployPlan {
  std::string summary;  // "1 added, 2 in place, 3 restart"
  std::vector<ApplicationPlan> applications;
  bool operator==(const DeployPlan&) const = default;
};
BOOST_DESCRIBE_STRUCT(DeployPlan, (), (summary, applications))

// Compares what is deployed with what would be. `replicas` says how many each deployment has now where that is not what
// its configuration says (autoscaling). Pure; the waves are those of starts that succeed and of a cluster with room.
DeployPlan deploy_plan(const ApplicationRecords& current, const ApplicationRecords& next,
                       const std::map<DeploymentKey, int>& replicas = {});

}  // namespace manta::control
