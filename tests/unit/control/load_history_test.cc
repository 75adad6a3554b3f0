#include "control/load_history.h"

#include <gtest/gtest.h>

#include <random>

namespace manta::control {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class LoadHistoryTest : public testing::Test {
 protected:
  TimePoint at(double s) const {
    return start + std::chrono::duration_cast<Duration>(std::chrono::duration<double>(s));
  }
  // Mean, as a decision sees it.
  double mean(const LoadHistory& history, double s) const {
    const std::vector<LoadPoints> series{history.points(at(s))};
    return total_requests(series, Aggregation::Mean, seconds_of(at(s)));
  }
  TimePoint start{std::chrono::hours(1)};
};

TEST_F(LoadHistoryTest, CarriesTheValueIntoTheWindow) {
  LoadHistory history(seconds(10), Aggregation::Mean, at(0), 4);
  history.record(at(95), 8);
  EXPECT_DOUBLE_EQ(mean(history, 100), 6);
  EXPECT_EQ(history.points(at(100)).front().at_s, seconds_of(at(90)));
}

TEST_F(LoadHistoryTest, BeginsWithItsStartWhenThatIsInsideTheWindow) {
  LoadHistory history(seconds(30), Aggregation::Mean, at(0), 10);
  EXPECT_DOUBLE_EQ(mean(history, 5), 10);
}

TEST_F(LoadHistoryTest, AQuietTimeIsNotMixedWithTheBurstAfterIt) {
  LoadHistory history(seconds(10), Aggregation::Mean, at(0), 0);
  history.record(at(100), 5);
  for (int i = 1; i < 400; ++i) history.record(at(100 + 0.01 * i), 5 + i % 2);
  EXPECT_NEAR(mean(history, 104), 0.4 * 5.5, 0.01);
}

TEST_F(LoadHistoryTest, KeepsTheMeanOfABusyReporterInLittleRoom) {
  LoadHistory history(seconds(30), Aggregation::Mean, at(0), 0);
  std::mt19937_64 random(1);
  double weighted = 0, value = 0;
  for (int i = 0; i < 30000; ++i) {  // every 10 ms for 300 s
    if (i >= 27000) weighted += value * 0.01;
    value = static_cast<double>(random() % 20);
    history.record(at(0.01 * (i + 1)), value);
    history.prune(at(0.01 * (i + 1)));
  }
  EXPECT_NEAR(mean(history, 300), weighted / 30, 0.1);
  EXPECT_LT(history.points(at(300)).size(), 200u);
}

TEST_F(LoadHistoryTest, KeepsTheHighestOfABusyReporter) {
  LoadHistory history(seconds(10), Aggregation::Max, at(0), 1);
  for (int i = 1; i < 500; ++i) history.record(at(0.01 * i), i == 100 ? 42 : i % 7);
  const std::vector<LoadPoints> series{history.points(at(6))};
  EXPECT_EQ(total_requests(series, Aggregation::Max, seconds_of(at(6))), 42);
  const std::vector<LoadPoints> later{history.points(at(12))};
  EXPECT_LT(total_requests(later, Aggregation::Max, seconds_of(at(12))), 7);
}

TEST_F(LoadHistoryTest, IsSteadyWhenNothingHasChangedForAWindow) {
  LoadHistory history(seconds(10), Aggregation::Mean, at(0), 1);
  EXPECT_TRUE(history.is_steady(at(0)));
  history.record(at(1), 2);
  EXPECT_FALSE(history.is_steady(at(10)));
  EXPECT_TRUE(history.is_steady(at(12)));
  EXPECT_EQ(history.value(), 2);
}

}  // namespace
}  // namespace manta::control
