#pragma once

#include <optional>

#include "spec/replica_set.h"

namespace manta::routing {

// What is known after `next` arrived: `next`, and while its controller has not adopted yet also the replicas,
// deployments and applications of `previous` that it does not name. Pure.
spec::RoutingSnapshot merge(const spec::RoutingSnapshot& previous, spec::RoutingSnapshot next);
// The same, or nothing if its (epoch, version) is not newer. `known`: null before the first.
std::optional<spec::RoutingSnapshot> if_newer(const spec::RoutingSnapshot* known, spec::RoutingSnapshot next);

}  // namespace manta::routing
