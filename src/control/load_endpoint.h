#pragma once

#include "control/controller.h"
#include "control/door.h"
#include "net/exchange.h"

namespace manta::control {

// The number under which the controller knows the process behind a connection to one of its doors.
inline Autoscaler::CallerId caller_id(std::uint64_t connection, Door door) {
  return connection * 3 + static_cast<std::uint64_t>(door);
}

// Answers a spec::LoadReport that came by that connection.
void take_load_report(Controller& controller, net::Exchange& exchange, Door door);

}  // namespace manta::control
