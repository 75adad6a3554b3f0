#pragma once

#include "routing/policy.h"

namespace manta::routing {

// One replica after the other in the order in which they came, those that seem full passed over; if all do, the next.
Policy round_robin();

}  // namespace manta::routing
