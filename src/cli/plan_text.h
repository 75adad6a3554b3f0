#pragma once

#include <string>
#include <vector>

#include "control/deploy_plan.h"
#include "control/revision.h"

namespace manta::cli {

// What a person reads before a deploy: applications, their deployments, what becomes of the replicas and why.
std::string plan_text(const control::DeployPlan& plan);

// The fields that differ, old and new value on a line each. Empty when nothing does.
std::string diff_text(const control::DeployPlan& plan);

// A table, the latest first; the one in force is marked.
std::string history_text(const std::vector<control::Revision>& revisions);

}  // namespace manta::cli
