#include "routing/policies/power_of_two.h"

#include <algorithm>

#include "routing/policies/random_index.h"

namespace manta::routing {
namespace {

constexpr std::size_t kMaxLook = 256;  // candidates looked at for one that is not full: bounds a decision to 1 us

}  // namespace

std::optional<std::size_t> power_of_two(std::span<const ReplicaLoad> candidates, const PolicyInput& input, Rng& rng) {
  const std::size_t n = candidates.size();
  if (n == 0) return std::nullopt;
  if (n == 1) return 0;
  const std::uint64_t random = rng();
  const std::size_t first = random_index(n, static_cast<std::uint32_t>(random));
  std::size_t second = random_index(n - 1, static_cast<std::uint32_t>(random >> 32));
  if (second >= first) ++second;
  const std::size_t best =
      load_at(candidates[second], input.now) < load_at(candidates[first], input.now) ? second : first;
  if (!seems_full(candidates[best], input.now)) return best;
  for (std::size_t i = 0, at = first; i < std::min(n, kMaxLook); ++i, at = at + 1 == n ? 0 : at + 1)
    if (!seems_full(candidates[at], input.now)) return at;
  return best;
}

}  // namespace manta::routing
