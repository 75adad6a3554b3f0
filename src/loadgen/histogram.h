#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/clock.h"

namespace manta::loadgen {

// Durations in buckets whose width grows with the value: three significant digits from a nanosecond to an hour in
// 256 KiB, however many are counted (the idea of HdrHistogram).
class Histogram {
 public:
  void add(Duration value);
  void add(const Histogram& other);

  std::uint64_t count() const { return count_; }
  // The largest value of the bucket that holds the quantile q in 0..1, exact at both ends; 0 without values.
  Duration quantile(double q) const;
  Duration min() const { return min_; }
  Duration max() const { return max_; }
  double mean_s() const;
  double deviation_s() const;  // standard deviation, seconds

 private:
  std::vector<std::uint64_t> buckets_;
  std::uint64_t count_ = 0;
  Duration min_ = Duration::max(), max_{};
  double sum_s_ = 0, squares_s_ = 0;
};

}  // namespace manta::loadgen
