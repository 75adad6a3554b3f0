#include "loadgen/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace manta::loadgen {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

TEST(HistogramTest, IsEmptyAtFirst) {
  const Histogram none;
  EXPECT_EQ(none.count(), 0u);
  EXPECT_EQ(none.quantile(0.99), Duration::zero());
  EXPECT_EQ(none.mean_s(), 0);
}

TEST(HistogramTest, SmallValuesAreExact) {
  Histogram times;
  for (int i = 1; i <= 1000; ++i) times.add(nanoseconds(i));
  EXPECT_EQ(times.quantile(0.5), nanoseconds(500));
  EXPECT_EQ(times.quantile(0.99), nanoseconds(990));
  EXPECT_EQ(times.quantile(1), nanoseconds(1000));
  EXPECT_EQ(times.quantile(0), nanoseconds(1));
}

TEST(HistogramTest, QuantilesOfAnyValuesAreRightToThreeDigits) {
  std::mt19937_64 random(7);
  std::lognormal_distribution<double> draw(15, 3);  // from microseconds to hours
  std::vector<std::int64_t> values;
  Histogram times;
  for (int i = 0; i < 20000; ++i) {
    values.push_back(static_cast<std::int64_t>(std::min(draw(random), 3.6e12)));
    times.add(nanoseconds(values.back()));
  }
  std::ranges::sort(values);
  for (const double q : {0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 1.0}) {
    const auto rank = static_cast<std::size_t>(std::ceil(q * 20000)) - 1;
    const auto exact = static_cast<double>(values[rank]);
    EXPECT_NEAR(static_cast<double>(times.quantile(q).count()), exact, exact * 1e-3 + 1) << q;
  }
}

TEST(HistogramTest, KnowsMeanAndDeviation) {
  Histogram times;
  times.add(milliseconds(10));
  times.add(milliseconds(30));
  EXPECT_NEAR(times.mean_s(), 0.02, 1e-9);
  EXPECT_NEAR(times.deviation_s(), 0.01, 1e-9);
}

TEST(HistogramTest, TwoAddUpToOneOfBoth) {
  Histogram a, b, both;
  for (int i = 0; i < 100; ++i) {
    a.add(milliseconds(i));
    both.add(milliseconds(i));
    b.add(milliseconds(10 * i));
    both.add(milliseconds(10 * i));
  }
  a.add(b);
  EXPECT_EQ(a.count(), 200u);
  for (const double q : {0.0, 0.5, 0.9, 1.0}) EXPECT_EQ(a.quantile(q), both.quantile(q));
  EXPECT_DOUBLE_EQ(a.mean_s(), both.mean_s());
}

}  // namespace
}  // namespace manta::loadgen
