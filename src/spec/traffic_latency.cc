#include "spec/traffic_latency.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace manta::spec {
namespace {

// Sixteen bins for each power of two, in microseconds.
constexpr int kBits = 4;
constexpr std::uint64_t kPerPower = 1 << kBits;

std::size_t bin_of(double ms) {
  const auto us = static_cast<std::uint64_t>(std::clamp(ms * 1000, 0.0, 4294967295.0));
  if (us < 2 * kPerPower) return static_cast<std::size_t>(us);
  const auto exponent = static_cast<int>(std::bit_width(us)) - kBits - 1;
  return static_cast<std::size_t>(kPerPower * static_cast<std::uint64_t>(exponent) + (us >> exponent));
}

double lower_bound_ms(std::size_t bin) {
  if (bin < 2 * kPerPower) return static_cast<double>(bin) / 1000;
  const auto exponent = static_cast<int>(bin / kPerPower) - 1;
  return std::ldexp(static_cast<double>(bin % kPerPower + kPerPower), exponent) / 1000;
}

}  // namespace

void TrafficLatency::add(double ms) {
  ++bins_[bin_of(ms)];
  ++count_;
}

void TrafficLatency::add(const std::vector<LatencyBin>& bins) {
  for (const LatencyBin& entry : bins) {
    if (entry.bin < 0 || static_cast<std::size_t>(entry.bin) >= kBins || entry.count < 0) continue;
    bins_[static_cast<std::size_t>(entry.bin)] += entry.count;
    count_ += entry.count;
  }
}

double TrafficLatency::quantile(double share) const {
  if (count_ == 0) return 0;
  const double rank = std::clamp(share, 0.0, 1.0) * static_cast<double>(count_);
  double below = 0;
  std::size_t last = 0;
  for (std::size_t i = 0; i < kBins; ++i) {
    if (bins_[i] == 0) continue;
    last = i;
    const auto here = static_cast<double>(bins_[i]);
    if (below + here >= rank) {
      const double low = lower_bound_ms(i), high = lower_bound_ms(i + 1);
      return low + (high - low) * (rank - below) / here;
    }
    below += here;
  }
  return lower_bound_ms(last + 1);
}

double TrafficLatency::bound(double share, double deviations) const {
  if (count_ == 0) return 0;
  return quantile(share + deviations * std::sqrt(share * (1 - share) / static_cast<double>(count_)));
}

std::vector<LatencyBin> TrafficLatency::bins() const {
  std::vector<LatencyBin> counted;
  for (std::size_t i = 0; i < kBins; ++i)
    if (bins_[i] != 0) counted.push_back({static_cast<int>(i), bins_[i]});
  return counted;
}

}  // namespace manta::spec
