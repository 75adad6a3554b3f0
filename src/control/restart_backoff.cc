#include "control/restart_backoff.h"

#include <algorithm>

namespace manta::control {

Duration restart_delay(int early_exits) {
  constexpr Duration kFirst = std::chrono::milliseconds(250);
  constexpr Duration kLongest = std::chrono::seconds(60);
  if (early_exits <= 1) return Duration::zero();
  const int doublings = std::min(early_exits - 2, 16);
  return std::min(kLongest, kFirst * (1 << doublings));
}

int start_failure_limit(int max_constructor_retry_count, int num_replicas) {
  return std::max(1, std::min(max_constructor_retry_count, 3 * num_replicas));
}

}  // namespace manta::control
