#pragma once

#include <algorithm>
#include <chrono>

#include "base/clock.h"

namespace manta {

// A configured time as the clock counts it, at most some three years: what is longer could not be added to a time.
inline Duration of_seconds(double value) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(std::clamp(value, 0.0, 1e8)));
}

}  // namespace manta
