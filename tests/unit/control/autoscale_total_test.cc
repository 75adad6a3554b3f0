#include "control/autoscale_total.h"

#include <gtest/gtest.h>

namespace manta::control {
namespace {

const std::vector<LoadPoints> kTwo{{{1, 4}, {3, 6}}, {{2, 1}, {5, 3}}};

TEST(AutoscaleTotalTest, SumsStepFunctionsAndWeighsThemByTime) {
  EXPECT_DOUBLE_EQ(total_requests(kTwo, Aggregation::Mean, 6), (5 * 1 + 7 * 2 + 9 * 1) / 4.0);
}

TEST(AutoscaleTotalTest, TakesTheHighestAndTheLowestOfTheSum) {
  EXPECT_EQ(total_requests(kTwo, Aggregation::Max, 6), 9);
  EXPECT_EQ(total_requests(kTwo, Aggregation::Min, 6), 5);
}

TEST(AutoscaleTotalTest, IsNothingWithoutAnyReport) {
  EXPECT_EQ(total_requests({}, Aggregation::Mean, 5), 0);
  const std::vector<LoadPoints> silent{{}, {{1, 0}}, {{2, 0}}};
  EXPECT_EQ(total_requests(silent, Aggregation::Max, 5), 0);
}

TEST(AutoscaleTotalTest, AReplicaThatHasJustBegunBeginsTheWindow) {
  const std::vector<LoadPoints> series{{{0, 10}}, {{8, 2}}};
  EXPECT_DOUBLE_EQ(total_requests(series, Aggregation::Mean, 10), 12);
}

TEST(AutoscaleTotalTest, OneSeriesAloneCountsItsQuietBeginning) {
  const std::vector<LoadPoints> one{{{0, 0}, {8, 10}}};
  EXPECT_DOUBLE_EQ(total_requests(one, Aggregation::Mean, 10), 2);
}

}  // namespace
}  // namespace manta::control
