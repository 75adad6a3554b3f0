#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <manta/config.h>
#include <manta/error.h>

#include "control/application_record.h"

namespace manta::control {

// Deployments that share processes (`placement: together`): each process has one replica of each of them. Their host is
// the one that the process is started, placed, counted and stopped as; the others are its members.

// Their names, callees before callers, the host last; empty: every deployment has processes of its own.
std::vector<std::string> together(const spec::ApplicationConfig& config, const spec::ApplicationGraph& graph);

// InvalidArgument, with the place below the application, for deployments that cannot share a process, and why.
Result<void> check_together(const spec::ApplicationConfig& config, const spec::ApplicationGraph& graph);

// In whose processes the replicas of a deployment are; its own name, if they are its own.
std::string host_of(const ApplicationRecord& record, std::string_view deployment);

// The deployments whose replicas are in the processes of `host`, without itself, callees before callers.
std::vector<const spec::NodeSpec*> members_of(const ApplicationRecord& record, std::string_view host);

// What one process of a deployment needs: the sum over its members, the longest of their times.
DeploymentConfig process_config(const ApplicationRecord& record, const spec::NodeSpec& host);

}  // namespace manta::control
