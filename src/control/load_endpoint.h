#pragma once

#include "control/controller.h"
#include "net/exchange.h"

namespace manta::control {

// The number under which the controller knows the process behind a connection to its own socket (trusted) or to the
// admin port.
inline Autoscaler::CallerId caller_id(std::uint64_t connection, bool trusted) {
  return connection * 2 + (trusted ? 1 : 0);
}

// Answers a spec::LoadReport that came by that connection.
void take_load_report(Controller& controller, net::Exchange& exchange, bool trusted);

}  // namespace manta::control
