#pragma once

#include <chrono>

namespace manta {

// Seconds since 1970, for what people and files are told. Decisions use Clock.
inline double unix_time_s() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace manta
