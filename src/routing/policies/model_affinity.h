#pragma once

#include "routing/policy.h"

namespace manta::routing {

// For requests that name a model: the less loaded of the replicas that have it in memory, while one of them is less
// than half full; else what `otherwise` picks, which then counts as having it, so that a busy model spreads. Replicas
// say which models they have; one counts as well for kLongestLoad after a request for the model was sent there (always,
// for a replica that says nothing). Remembers kModels models (those used last) and kHolders replicas of each, for
// kHolderLife. `otherwise` outlives it.
Policy model_affinity(Policy& otherwise);

inline constexpr std::size_t kModels = 1024;
inline constexpr std::size_t kHolders = 16;
inline constexpr Duration kLongestLoad = std::chrono::seconds(60);
inline constexpr Duration kHolderLife = std::chrono::minutes(10);

}  // namespace manta::routing
