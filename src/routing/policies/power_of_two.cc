#include "routing/policies/power_of_two.h"

#include <algorithm>

namespace manta::routing {
namespace {

constexpr std::size_t kMaxLook = 256;  // candidates looked at for one that is not full: bounds a decision to 1 us

// Uniform enough in [0, n) for n far below 2^32, without the division of uniform_int_distribution.
std::size_t below(std::size_t n, std::uint32_t random) {
  return static_cast<std::size_t>((std::uint64_t{random} * n) >> 32);
}

}  // namespace

std::optional<std::size_t> power_of_two(std::span<const ReplicaLoad> candidates, const PolicyInput& input, Rng& rng) {
  const std::size_t n = candidates.size();
  if (n == 0) return std::nullopt;
  if (n == 1) return 0;
  const std::uint64_t random = rng();
  const std::size_t first = below(n, static_cast<std::uint32_t>(random));
  std::size_t second = below(n - 1, static_cast<std::uint32_t>(random >> 32));
  if (second >= first) ++second;
  const std::size_t best =
      load_at(candidates[second], input.now) < load_at(candidates[first], input.now) ? second : first;
  if (!seems_full(candidates[best], input.now)) return best;
  for (std::size_t i = 0, at = first; i < std::min(n, kMaxLook); ++i, at = at + 1 == n ? 0 : at + 1)
    if (!seems_full(candidates[at], input.now)) return at;
  return best;
}

}  // namespace manta::routing
