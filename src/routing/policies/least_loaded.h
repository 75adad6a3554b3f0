#pragma once

#include "routing/policy.h"

namespace manta::routing {

// The least loaded of all candidates; of several that are, the first from a random place on. Looks at all of them.
std::optional<std::size_t> least_loaded(std::span<const ReplicaLoad> candidates, const PolicyInput& input, Rng& rng);

}  // namespace manta::routing
