#pragma once

#include <cstdint>
#include <random>

#include "base/clock.h"

namespace manta::loadgen {

// When requests of an open loop are due: gaps drawn from a gamma distribution, so that the load does not follow the
// server. burstiness 1 is Poisson, below it comes in bursts, above it is more even; 0 = equal gaps. (The parameters of
// vLLM's benchmark.)
class Arrivals {
 public:
  Arrivals(double rate_per_s, double burstiness, std::uint64_t seed);

  // From the start to the next request; never decreasing.
  Duration next();

 private:
  double rate_;
  double burstiness_;
  std::uint64_t count_ = 0;
  double at_s_ = 0;
  std::mt19937_64 random_;
};

}  // namespace manta::loadgen
