#include "routing/policies/least_loaded.h"

#include "routing/policies/random_index.h"

namespace manta::routing {

std::optional<std::size_t> least_loaded(std::span<const ReplicaLoad> candidates, const PolicyInput& input, Rng& rng) {
  const std::size_t n = candidates.size();
  if (n == 0) return std::nullopt;
  std::size_t at = random_index(n, static_cast<std::uint32_t>(rng()));
  std::size_t best = at;
  std::int32_t least = load_at(candidates[at], input.now);
  for (std::size_t i = 1; i < n && least > 0; ++i) {
    at = at + 1 == n ? 0 : at + 1;
    const std::int32_t load = load_at(candidates[at], input.now);
    if (load >= least) continue;
    least = load;
    best = at;
  }
  return best;
}

}  // namespace manta::routing
