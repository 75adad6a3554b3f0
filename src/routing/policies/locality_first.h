#pragma once

#include "routing/policy.h"
#include "spec/routing_policy.h"

namespace manta::routing {

// The less loaded of two random candidates on the caller's own node, as long as it has room there (see
// LocalityFirstOptions); then power_of_two over all of them.
Policy locality_first(const spec::LocalityFirstOptions& options);

}  // namespace manta::routing
