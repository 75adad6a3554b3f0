#pragma once

#include "routing/policy.h"

namespace manta::routing {

// The less loaded of two random candidates. If even that seems full, the first of some hundred candidates from a random
// place on that does not; if all do, the less loaded of the two.
std::optional<std::size_t> power_of_two(std::span<const ReplicaLoad> candidates, const PolicyInput& input, Rng& rng);

}  // namespace manta::routing
