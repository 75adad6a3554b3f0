#pragma once

#include "base/clock.h"

namespace manta::routing {

// A configured time as the clock counts it.
inline Duration of_seconds(double value) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(value));
}

}  // namespace manta::routing
