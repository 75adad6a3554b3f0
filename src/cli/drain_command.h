#pragma once

#include <string>

#include "cli/admin_client.h"

namespace manta::cli {

struct DrainOrder {
  std::string replica, node;  // one of them
  bool undo = false;          // of a node
  std::string deadline;       // from now: "10m"; empty: as long as it takes
};

// Returns when the controller has taken the order; `manta status` and `manta events` show how it goes. Exit code 2
// when the words fit no order.
int drain_command(const AdminTarget& target, const DrainOrder& order);

int controller_health_command(const AdminTarget& target, bool json);

}  // namespace manta::cli
