#include "simulate/arrivals.h"

#include <gtest/gtest.h>

namespace manta::simulate {
namespace {

int count_until(Arrivals arrivals, double from_s, double until_s) {
  Random random(1);
  int count = 0;
  for (auto next = arrivals.next(random); next && next->at_s < until_s; next = arrivals.next(random))
    if (next->at_s >= from_s) ++count;
  return count;
}

TEST(ArrivalsTest, AConstantPatternIsEven) {
  EXPECT_EQ(count_until(*Arrivals::of_pattern("constant:50"), 0, 10.001), 500);
}

TEST(ArrivalsTest, APoissonPatternHasItsRateOnAverage) {
  EXPECT_NEAR(count_until(*Arrivals::of_pattern("poisson:50"), 0, 1000), 50'000, 1'000);
}

TEST(ArrivalsTest, ASineGoesUpAndDown) {
  const Arrivals arrivals = *Arrivals::of_pattern("sine:10..110/600");
  EXPECT_NEAR(count_until(arrivals, 0, 20), 200, 60);
  EXPECT_NEAR(count_until(arrivals, 290, 310), 2'200, 200);
  EXPECT_NEAR(count_until(arrivals, 0, 600), 36'000, 900);
}

TEST(ArrivalsTest, StepsChangeTheRateAtOnce) {
  const Arrivals arrivals = *Arrivals::of_pattern("steps:10@0,0@100,100@200");
  EXPECT_NEAR(count_until(arrivals, 0, 100), 1'000, 120);
  EXPECT_EQ(count_until(arrivals, 100, 200), 0);
  EXPECT_NEAR(count_until(arrivals, 200, 300), 10'000, 400);
}

TEST(ArrivalsTest, AFileOfCountsIsSpreadOverItsStretches) {
  const Arrivals arrivals = *Arrivals::of_csv("time_s,requests\n100,1000\n110,0\n120,2000\n", "t");
  EXPECT_NEAR(count_until(arrivals, 0, 10), 1'000, 120);
  EXPECT_EQ(count_until(arrivals, 10, 20), 0);
  EXPECT_NEAR(count_until(arrivals, 20, 1e9), 2'000, 180);
  EXPECT_EQ(arrivals.ends_at_s(), 30);
}

TEST(ArrivalsTest, AFileOfRequestsIsFollowedExactly) {
  Arrivals arrivals = *Arrivals::of_csv("timestamp,deployment\n1700000000.5,Embed\n1700000002,Llm\r\n", "t");
  Random random(1);
  const auto first = arrivals.next(random), second = arrivals.next(random);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->at_s, 0);
  EXPECT_EQ(first->deployment, "Embed");
  EXPECT_EQ(second->at_s, 1.5);
  EXPECT_EQ(second->deployment, "Llm");
  EXPECT_FALSE(arrivals.next(random));
  EXPECT_EQ(arrivals.deployments(), (std::vector<std::string>{"Embed", "Llm"}));
}

TEST(ArrivalsTest, WhatIsNoPatternIsToldWhatIsExpected) {
  for (const char* text : {"", "constant", "constant:0", "poisson:x", "sine:10..5/60", "sine:1..2",
                           "steps:", "steps:1@5,2@5", "burst:3"}) {
    const auto arrivals = Arrivals::of_pattern(text);
    ASSERT_FALSE(arrivals) << text;
    EXPECT_NE(arrivals.error().message.find("expected constant:50"), std::string::npos);
  }
}

TEST(ArrivalsTest, AWrongLineIsNamed) {
  const auto found = [](const char* text) { return Arrivals::of_csv(text, "t.csv").error().message; };
  EXPECT_EQ(found("time_s,requests\n0,1\nx,2\n"), "t.csv:3: expected TIME,REQUESTS or TIME,DEPLOYMENT");
  EXPECT_EQ(found("5,1\n4,1\n"), "t.csv: the times must rise from line to line");
  EXPECT_EQ(found("time_s,requests\n"), "t.csv: no line with a time and a number of requests");
}

}  // namespace
}  // namespace manta::simulate
