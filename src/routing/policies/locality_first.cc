#include "routing/policies/locality_first.h"

#include "routing/policies/power_of_two.h"
#include "routing/policies/random_index.h"

namespace manta::routing {
namespace {

// Two different random ones of those that are near, in one pass; the same one twice if there is only one.
struct NearPair {
  std::size_t first = 0, second = 0;
  std::size_t seen = 0;

  void offer(std::size_t i, Rng& rng) {
    if (++seen == 1) {
      first = second = i;
    } else if (seen == 2) {
      second = i;
    } else if (const std::size_t at = random_index(seen, static_cast<std::uint32_t>(rng())); at < 2) {
      (at == 0 ? first : second) = i;
    }
  }
};

}  // namespace

Policy locality_first(const spec::LocalityFirstOptions& options) {
  return [spill_at = options.spill_at](std::span<const ReplicaLoad> candidates, const PolicyInput& input,
                                       Rng& rng) -> std::optional<std::size_t> {
    NearPair here, in_zone;
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      const ReplicaLoad& replica = candidates[i];
      if (!replica.same_node && !replica.same_zone) continue;
      if (load_at(replica, input.now) < spill_at * replica.max_ongoing)
        (replica.same_node ? here : in_zone).offer(i, rng);
    }
    const NearPair& pair = here.seen > 0 ? here : in_zone;
    if (pair.seen == 0) return power_of_two(candidates, input, rng);
    const bool second = load_at(candidates[pair.second], input.now) < load_at(candidates[pair.first], input.now);
    return second ? pair.second : pair.first;
  };
}

}  // namespace manta::routing
