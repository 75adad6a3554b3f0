#pragma once

#include <string>

#include "control/cluster_view.h"
#include "control/reconcile.h"

namespace manta::cli {

// What `plan` would start on the nodes of `view`, for people: a table of nodes with what each has free and holds, a
// table of deployments with how many replicas were placed, and a line with the reason for each that stays pending.
std::string placement_table(const control::ClusterView& view, const control::Plan& plan);

}  // namespace manta::cli
