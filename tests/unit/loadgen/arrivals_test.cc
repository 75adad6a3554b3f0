#include "loadgen/arrivals.h"

#include <gtest/gtest.h>

#include <cmath>

namespace manta::loadgen {
namespace {

// Mean and variation coefficient of the gaps.
std::pair<double, double> gaps_of(double rate, double burstiness) {
  Arrivals arrivals(rate, burstiness, 3);
  constexpr int kCount = 50000;
  double sum = 0, squares = 0;
  Duration last = arrivals.next();
  EXPECT_EQ(last, Duration::zero());
  for (int i = 0; i < kCount; ++i) {
    const Duration next = arrivals.next();
    EXPECT_GE(next, last);
    const double gap = std::chrono::duration<double>(next - last).count();
    sum += gap;
    squares += gap * gap;
    last = next;
  }
  const double mean = sum / kCount;
  return {mean, std::sqrt(squares / kCount - mean * mean) / mean};
}

TEST(ArrivalsTest, ComeAtTheRate) {
  for (const double burstiness : {0.0, 0.5, 1.0, 4.0}) EXPECT_NEAR(gaps_of(200, burstiness).first, 0.005, 0.0002);
}

TEST(ArrivalsTest, AreAsBurstyAsTold) {
  EXPECT_NEAR(gaps_of(200, 0).second, 0, 0.01);
  EXPECT_NEAR(gaps_of(200, 1).second, 1, 0.05);     // Poisson
  EXPECT_NEAR(gaps_of(200, 0.25).second, 2, 0.15);  // in bursts
}

TEST(ArrivalsTest, ASeedRepeatsThem) {
  Arrivals one(10, 1, 5), same(10, 1, 5), other(10, 1, 6);
  one.next(), same.next(), other.next();
  const Duration next = one.next();
  EXPECT_EQ(next, same.next());
  EXPECT_NE(next, other.next());
}

}  // namespace
}  // namespace manta::loadgen
