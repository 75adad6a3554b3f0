#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <boost/describe/class.hpp>

namespace manta::spec {

struct LatencyBin {
  int bin = 0;
  std::int64_t count = 0;
  bool operator==(const LatencyBin&) const = default;
};
BOOST_DESCRIBE_STRUCT(LatencyBin, (), (bin, count))

// Times of answers, counted in bins that are at most 6 % wide, up to 71 minutes. Those of several processes add up.
class TrafficLatency {
 public:
  static constexpr std::size_t kBins = 464;

  void add(double ms);
  void add(const std::vector<LatencyBin>& bins);  // bins that do not exist are left out
  std::int64_t count() const { return count_; }
  // In ms: that share of the answers took less. Between the bounds of a bin in proportion. 0 when nothing was counted.
  double quantile(double share) const;
  // `deviations` standard errors below or above quantile(share): where the quantile of all answers surely lies.
  double bound(double share, double deviations) const;
  std::vector<LatencyBin> bins() const;  // those that are not empty

 private:
  std::array<std::int64_t, kBins> bins_{};
  std::int64_t count_ = 0;
};

}  // namespace manta::spec
