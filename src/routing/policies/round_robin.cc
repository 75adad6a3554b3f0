#include "routing/policies/round_robin.h"

#include <limits>

namespace manta::routing {
namespace {

// How far round from `last` a key is: the next one is nearest, `last` itself is furthest.
ReplicaKey distance(ReplicaKey last, ReplicaKey key) { return key - last - 1; }

class RoundRobin {
 public:
  std::optional<std::size_t> operator()(std::span<const ReplicaLoad> candidates, const PolicyInput& input, Rng&) {
    Nearest free, any;
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      const ReplicaKey far = distance(last_, candidates[i].key);
      any.offer(i, far);
      if (far <= free.far && !seems_full(candidates[i], input.now)) free.offer(i, far);
    }
    const auto choice = free.index ? free.index : any.index;
    if (choice) last_ = candidates[*choice].key;
    return choice;
  }

 private:
  struct Nearest {
    std::optional<std::size_t> index;
    ReplicaKey far = std::numeric_limits<ReplicaKey>::max();
    void offer(std::size_t i, ReplicaKey how_far) {
      if (how_far > far) return;
      index = i;
      far = how_far;
    }
  };
  ReplicaKey last_ = 0;
};

}  // namespace

Policy round_robin() { return RoundRobin(); }

}  // namespace manta::routing
