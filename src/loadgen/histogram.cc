#include "loadgen/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace manta::loadgen {
namespace {

constexpr int kBits = 11;  // of a value that are told apart: below 0.1 % of it
constexpr std::uint64_t kHalf = std::uint64_t{1} << (kBits - 1);

std::size_t bucket_of(std::uint64_t value) {
  const int shift = std::max(0, static_cast<int>(std::bit_width(value)) - kBits);
  return static_cast<std::size_t>(static_cast<std::uint64_t>(shift) * kHalf + (value >> shift));
}

std::uint64_t last_value_of(std::size_t bucket) {
  if (bucket < 2 * kHalf) return bucket;
  const std::uint64_t shift = bucket / kHalf - 1;
  return ((bucket - shift * kHalf + 1) << shift) - 1;
}

double seconds(Duration value) { return std::chrono::duration<double>(value).count(); }

}  // namespace

void Histogram::add(Duration value) {
  value = std::max(value, Duration::zero());
  const std::size_t bucket = bucket_of(static_cast<std::uint64_t>(value.count()));
  if (bucket >= buckets_.size()) buckets_.resize(bucket + 1);
  ++buckets_[bucket];
  ++count_;
  min_ = std::min(min_, value);
  max_ = std::max(max_, value);
  sum_s_ += seconds(value);
  squares_s_ += seconds(value) * seconds(value);
}

void Histogram::add(const Histogram& other) {
  if (other.buckets_.size() > buckets_.size()) buckets_.resize(other.buckets_.size());
  for (std::size_t i = 0; i < other.buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  min_ = std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
  sum_s_ += other.sum_s_;
  squares_s_ += other.squares_s_;
}

Duration Histogram::quantile(double q) const {
  if (count_ == 0) return Duration::zero();
  if (q <= 0) return min_;
  const auto rank = static_cast<std::uint64_t>(std::ceil(std::min(q, 1.0) * static_cast<double>(count_)));
  std::uint64_t seen = 0;
  for (std::size_t bucket = 0; bucket < buckets_.size(); ++bucket) {
    seen += buckets_[bucket];
    if (seen >= rank) return std::min(Duration(static_cast<std::int64_t>(last_value_of(bucket))), max_);
  }
  return max_;
}

double Histogram::mean_s() const { return count_ == 0 ? 0 : sum_s_ / static_cast<double>(count_); }

double Histogram::deviation_s() const {
  if (count_ == 0) return 0;
  const double mean = mean_s();
  return std::sqrt(std::max(0.0, squares_s_ / static_cast<double>(count_) - mean * mean));
}

}  // namespace manta::loadgen
