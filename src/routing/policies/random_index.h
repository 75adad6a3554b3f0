#pragma once

#include <cstddef>
#include <cstdint>

namespace manta::routing {

// Uniform enough in [0, n) for n far below 2^32, without the division of uniform_int_distribution.
inline std::size_t random_index(std::size_t n, std::uint32_t random) {
  return static_cast<std::size_t>((std::uint64_t{random} * n) >> 32);
}

}  // namespace manta::routing
