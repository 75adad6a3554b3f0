#pragma once

#include <string>

#include "control/controller.h"
#include "net/exchange.h"

namespace manta::control {

// Answers GET and POST /api/serve/applications/{application}/traffic (TrafficDetails of each rule; a TrafficRequest),
// and, from processes of the instance (`trusted`), POST /-/traffic. False: another path.
bool handle_traffic(Controller& controller, const net::ExchangePtr& exchange, const std::string& path, bool trusted);

}  // namespace manta::control
