#include "ingress/traffic_choice.h"

#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace manta::ingress {
namespace {

std::vector<TrafficOption> options(const std::vector<double>& weights) {
  std::vector<TrafficOption> made;
  for (std::size_t i = 0; i < weights.size(); ++i)
    made.push_back({.id = traffic_hash("target " + std::to_string(i)), .weight = weights[i]});
  return made;
}

std::size_t choice_of(const std::vector<TrafficOption>& among, int session) {
  return choose_target(among, traffic_hash("session " + std::to_string(session)));
}

// Within four standard deviations of what chance gives.
void expect_share(int count, int of, double share) {
  EXPECT_NEAR(count, of * share, 4 * std::sqrt(of * share * (1 - share)) + 1e-9);
}

TEST(TrafficChoiceTest, EachTargetGetsItsShareOfTheKeys) {
  const std::vector<std::vector<double>> cases{{95, 5}, {1, 1}, {0.001, 0.003}, {50, 30, 20}, {1, 0, 3}, {100}};
  constexpr int kKeys = 20'000;
  for (const auto& weights : cases) {
    const auto among = options(weights);
    std::vector<int> counts(weights.size());
    double sum = 0;
    for (const double weight : weights) sum += weight;
    for (int key = 0; key < kKeys; ++key) ++counts[choice_of(among, key)];
    for (std::size_t i = 0; i < weights.size(); ++i) expect_share(counts[i], kKeys, weights[i] / sum);
  }
}

TEST(TrafficChoiceTest, ARisingWeightMovesOnlyTheShareThatItGains) {
  constexpr int kKeys = 20'000;
  auto before = options({80, 15, 5});
  const auto after = options({60, 11.25, 28.75});  // the others keep their proportion
  int moved = 0;
  for (int key = 0; key < kKeys; ++key) {
    const auto was = choice_of(before, key), is = choice_of(after, key);
    if (was == is) continue;
    ++moved;
    EXPECT_EQ(is, 2U);
  }
  expect_share(moved, kKeys, 0.2375);
}

TEST(TrafficChoiceTest, ADrainedTargetLosesItsKeysToTheOthersAndTheirsStay) {
  const auto before = options({50, 30, 20});
  const auto after = options({50, 0, 20});
  for (int key = 0; key < 5'000; ++key) {
    const auto was = choice_of(before, key), is = choice_of(after, key);
    EXPECT_NE(is, 1U);
    if (was != 1) {
      EXPECT_EQ(is, was);
    }
  }
}

TEST(TrafficChoiceTest, ATargetThatCannotAnswerGetsNothingWhileAnotherCan) {
  auto among = options({90, 10, 0});
  among[0].available = false;
  for (int key = 0; key < 100; ++key) EXPECT_EQ(choice_of(among, key), 1U);
  among[1].available = false;  // now all wait, by their weights; a drained one still gets nothing
  int first = 0;
  for (int key = 0; key < 1'000; ++key) {
    EXPECT_NE(choice_of(among, key), 2U);
    first += choice_of(among, key) == 0 ? 1 : 0;
  }
  expect_share(first, 1'000, 0.9);
}

TEST(TrafficChoiceTest, TheOrderOfTargetsDoesNotMatter) {
  const auto among = options({50, 30, 20});
  const std::vector<TrafficOption> reversed(among.rbegin(), among.rend());
  for (int key = 0; key < 1'000; ++key) EXPECT_EQ(choice_of(among, key), 2 - choice_of(reversed, key));
}

TEST(TrafficChoiceTest, ASampleIsThatShare) {
  int sampled = 0;
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    sampled += is_sampled(10, i) ? 1 : 0;
    EXPECT_TRUE(is_sampled(100, i));
    EXPECT_FALSE(is_sampled(0, i));
  }
  expect_share(sampled, 10'000, 0.1);
}

}  // namespace
}  // namespace manta::ingress
