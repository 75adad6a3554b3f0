#include "routing/policies/power_of_two.h"

#include <gtest/gtest.h>

#include <vector>

#include "routing/policies/policy_list.h"

namespace manta::routing {
namespace {

constexpr TimePoint kPresent{std::chrono::hours(1)};

ReplicaLoad load(int in_flight, int others = 0, int max_ongoing = 5, Duration age = {}) {
  return {.in_flight = in_flight, .others = others, .max_ongoing = max_ongoing, .reported_at = kPresent - age};
}

TEST(PowerOfTwoTest, PicksNothingFromNothing) {
  Rng rng(1);
  EXPECT_EQ(power_of_two({}, {.now = kPresent}, rng), std::nullopt);
}

TEST(PowerOfTwoTest, PrefersTheLessLoadedOfTwo) {
  Rng rng(1);
  const std::vector<ReplicaLoad> two{load(3), load(1, 1)};
  for (int i = 0; i < 20; ++i) EXPECT_EQ(power_of_two(two, {.now = kPresent}, rng), 1u);
}

TEST(PowerOfTwoTest, DoesNotBelieveOldReports) {
  Rng rng(1);
  const std::vector<ReplicaLoad> two{load(1, 0), load(0, 4, 5, kReportLife)};
  for (int i = 0; i < 20; ++i) EXPECT_EQ(power_of_two(two, {.now = kPresent}, rng), 1u);
}

TEST(PowerOfTwoTest, FindsTheOneThatIsNotFull) {
  Rng rng(1);
  std::vector<ReplicaLoad> many(100, load(1, 4));
  many[77] = load(4, 0);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(power_of_two(many, {.now = kPresent}, rng), 77u);
}

TEST(PowerOfTwoTest, SpreadsOverEqualReplicas) {
  Rng rng(1);
  const std::vector<ReplicaLoad> four(4, load(0));
  std::vector<int> picked(4);
  for (int i = 0; i < 4000; ++i) ++picked[*power_of_two(four, {.now = kPresent}, rng)];
  for (const int count : picked) EXPECT_NEAR(count, 1000, 150);
}

TEST(PolicyListTest, KnowsRaysNameForPowerOfTwo) {
  EXPECT_TRUE(make_policy("power_of_two"));
  EXPECT_TRUE(make_policy("ray.serve._private.request_router:PowerOfTwoChoicesRequestRouter"));
}

TEST(PolicyListTest, AnUnknownNameListsThoseThereAre) {
  const auto policy = make_policy("powr_of_two");
  ASSERT_FALSE(policy);
  EXPECT_EQ(policy.error().code, ErrorCode::InvalidArgument);
  EXPECT_NE(policy.error().message.find("power_of_two"), std::string::npos);
}

}  // namespace
}  // namespace manta::routing
