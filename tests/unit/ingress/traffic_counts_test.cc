#include "ingress/traffic_counts.h"

#include <gtest/gtest.h>

#include <chrono>

namespace manta::ingress {
namespace {

using std::chrono::milliseconds;

class TrafficCountsTest : public ::testing::Test {
 protected:
  void answers(std::size_t target, Duration latency, int count = 20) {
    for (int i = 0; i < count; ++i) counts_.count(target, TrafficOutcome::Good, latency);
  }
  Metrics metrics_;
  TrafficCounts counts_{metrics_, "rag", {.route = "/", .split = {{.deployment = "Old"}, {.deployment = "New"}}}};
};

TEST_F(TrafficCountsTest, ADeadlineBelowWhatTheOthersTakeSaysNothing) {
  answers(0, milliseconds(100));
  EXPECT_TRUE(counts_.is_too_short(1, milliseconds(50)));
  EXPECT_FALSE(counts_.is_too_short(1, milliseconds(500))) << "the others would have made it";
}

TEST_F(TrafficCountsTest, WhatTheTargetTakesItselfIsNoMeasure) {
  answers(1, milliseconds(1000));
  EXPECT_FALSE(counts_.is_too_short(1, milliseconds(50))) << "of the others nothing is known";
  answers(0, milliseconds(10));
  EXPECT_FALSE(counts_.is_too_short(1, milliseconds(50)));
}

TEST_F(TrafficCountsTest, AFewAnswersAreNoMeasureYet) {
  answers(0, milliseconds(100), 5);
  EXPECT_FALSE(counts_.is_too_short(1, milliseconds(50)));
}

}  // namespace
}  // namespace manta::ingress
