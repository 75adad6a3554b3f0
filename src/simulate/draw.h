#pragma once
// Random numbers that are the same with every standard library: its distributions are not specified to the bit.

#include <cmath>
#include <cstdint>
#include <numbers>
#include <random>

#include "base/clock.h"

namespace manta::simulate {

using Random = std::mt19937_64;

// [0, 1)
inline double unit(Random& random) { return static_cast<double>(random() >> 11) * 0x1.0p-53; }

inline std::uint64_t below(Random& random, std::uint64_t count) { return random() % count; }

// Time until the next of events that come independently, every `mean_s` seconds on average.
inline double exponential(Random& random, double mean_s) { return -mean_s * std::log(1 - unit(random)); }

inline double normal(Random& random) {
  const double radius = std::sqrt(-2 * std::log(1 - unit(random)));
  return radius * std::cos(2 * std::numbers::pi * unit(random));
}

// Log-normal: never below 0, a long tail above.
inline double positive(Random& random, double mean, double spread) {
  if (spread <= 0 || mean <= 0) return mean;
  const double variance = std::log(1 + spread * spread / (mean * mean));
  return std::exp(std::log(mean) - variance / 2 + std::sqrt(variance) * normal(random));
}

inline Duration scaled(Duration time, double factor) {
  return Duration(static_cast<Duration::rep>(static_cast<double>(time.count()) * factor));
}

}  // namespace manta::simulate
