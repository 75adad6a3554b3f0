#pragma once

#include <string>

#include "cli/admin_client.h"

namespace manta::cli {

struct EventsRequest {
  std::string application;  // empty: all
  std::string since;        // id of an event, or an age: 10m; empty: all that are kept
  bool follow = false;
  bool json = false;  // one object a line
};

// Prints what happened, oldest first; with `follow` goes on until the process is ended, also over restarts of the
// instance's controller. Returns the exit code.
int events_command(const AdminTarget& target, const EventsRequest& request);

}  // namespace manta::cli
