#pragma once

#include "cli/admin_client.h"
#include "control/node_report.h"

namespace manta::cli {

// GET /api/serve/nodes
Result<control::NodesReport> nodes_of(const AdminTarget& target);

// `manta nodes`: machines, what they have and what replicas hold there, and what waits for room.
int nodes_command(const AdminTarget& target, bool json);

}  // namespace manta::cli
