#pragma once

#include <cstdlib>

namespace manta::fuzz {

// A property that every input must have: the fuzzer reports the input when it does not.
inline void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace manta::fuzz
