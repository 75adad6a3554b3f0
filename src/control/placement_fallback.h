#pragma once

#include <cstddef>

#include "control/placement.h"

namespace manta::control {

// The need with its n-th fallback in place of its own labels.
ReplicaNeed with_fallback(const ReplicaNeed& need, std::size_t fallback);

// Adds why a fallback found no room: "...; fallback_strategy[0]: needs 1 CPU; node a: CPU 0 free < 1".
void add_fallback_reason(Error& error, std::size_t fallback, const Error& its);

// place(need), by its own labels first, then by each of its fallbacks, until one succeeds. Fails as the first did, with
// the reason of each.
template <class Place>
auto by_labels_in_turn(const ReplicaNeed& need, Place place) -> decltype(place(need)) {
  auto placed = place(need);
  for (std::size_t i = 0; i < need.rules.fallbacks.size() && !placed; ++i) {
    auto other = place(with_fallback(need, i));
    if (other) return other;
    add_fallback_reason(placed.error(), i, other.error());
  }
  return placed;
}

}  // namespace manta::control
