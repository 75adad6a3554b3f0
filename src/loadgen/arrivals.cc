#include "loadgen/arrivals.h"

#include "base/of_seconds.h"

namespace manta::loadgen {

Arrivals::Arrivals(double rate_per_s, double burstiness, std::uint64_t seed)
    : rate_(rate_per_s), burstiness_(burstiness), random_(seed) {}

Duration Arrivals::next() {
  if (burstiness_ <= 0) return of_seconds(static_cast<double>(count_++) / rate_);
  const Duration due = of_seconds(at_s_);
  at_s_ += std::gamma_distribution<double>(burstiness_, 1 / (rate_ * burstiness_))(random_);
  return due;
}

}  // namespace manta::loadgen
