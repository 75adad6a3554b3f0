#pragma once

#include <string>
#include <vector>

#include "control/autoscale.h"
#include "control/cluster_view.h"
#include "control/deploy_plan.h"
#include "control/event_log.h"
#include "control/revision.h"
#include "spec/status.h"

namespace manta::control {

// What a deploy, a rollback or a deletion did: one event for each application that is another than before; one without
// an application when none is. `plan` compares the two, `entry` tells the cause and who asked.
std::vector<Event> deploy_events(const DeployPlan& plan, const Revision& entry);

// What has changed of the instance itself: target_capacity, logging_config.
std::vector<Event> instance_events(const spec::InstanceConfig& before, const spec::InstanceConfig& after,
                                   const std::string& by);

// Statuses of applications, deployments and proxies that both have and that differ, and applications that are gone.
std::vector<Event> status_events(const spec::InstanceStatus& before, const spec::InstanceStatus& after);

// The autoscaler has changed the target.
Event autoscaled_event(const DeploymentKey& key, int before, const AutoscaleDecision& decision);

Event replica_event(std::string kind, const DeploymentKey& key, const std::string& id, std::string message);
Event deployment_event(std::string kind, const DeploymentKey& key, std::string message);

}  // namespace manta::control
