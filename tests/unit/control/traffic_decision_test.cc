#include "control/traffic_decision.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace manta::control {
namespace {

TrafficSide side(std::int64_t good, std::int64_t errors, double ms = 10) {
  TrafficSide made{.requests = good + errors, .errors = errors};
  for (std::int64_t i = 0; i < good; ++i) made.latency.add(ms * (1 + 0.01 * static_cast<double>(i % 20)));
  return made;
}

TEST(TrafficDecisionTest, EachViewHasItsMove) {
  struct Case {
    const char* what;
    std::size_t step;
    double on_step_s;
    TrafficSide candidate, others;
    double others_ms;
    TrafficMove move;
  };
  const Case cases[] = {
      {"too early and too few", 0, 1, side(10, 0), side(100, 0), 0, TrafficMove::Stay},
      {"too early", 0, 59, side(1000, 0), side(1000, 0), 0, TrafficMove::Stay},
      {"too few", 0, 1000, side(99, 0), side(1000, 0), 0, TrafficMove::Stay},
      {"well", 0, 60, side(100, 0), side(1000, 0), 0, TrafficMove::Next},
      {"well, alone", 0, 60, side(100, 0), side(0, 0), 0, TrafficMove::Next},
      {"well at the last step", 2, 60, side(100, 0), side(1000, 0), 0, TrafficMove::Finish},
      {"one error in a hundred is allowed", 0, 60, side(99, 1), side(1000, 0), 0, TrafficMove::Next},
      {"two errors are too many, however few answers there are", 0, 1, side(0, 2), side(0, 0), 0, TrafficMove::Fail},
      {"of a thousand, ten may be", 0, 60, side(990, 10), side(0, 0), 0, TrafficMove::Next},
      {"eleven may not", 0, 60, side(989, 11), side(0, 0), 0, TrafficMove::Fail},
      {"errors of the others are not looked at", 0, 60, side(100, 0), side(0, 1000), 0, TrafficMove::Next},
      {"twice as slow", 0, 1, side(200, 0, 20), side(1000, 0, 10), 0, TrafficMove::Fail},
      {"a little slower", 0, 60, side(200, 0, 11), side(1000, 0, 10), 0, TrafficMove::Next},
      {"slow, but nobody knows against what", 0, 60, side(200, 0, 20), side(99, 0, 10), 0, TrafficMove::Next},
      {"slow against what the others took before", 2, 60, side(200, 0, 20), side(0, 0), 11, TrafficMove::Fail},
      {"too few to be slow", 0, 60, side(99, 0, 90), side(1000, 0, 10), 0, TrafficMove::Stay},
  };
  const TrafficPromotion promotion{.to = "V2", .steps = {5, 50, 100}};
  for (const Case& test : cases) {
    const auto verdict = judge_traffic(promotion, {.step = test.step,
                                                   .on_step_s = test.on_step_s,
                                                   .candidate = test.candidate,
                                                   .others = test.others,
                                                   .others_ms = test.others_ms});
    EXPECT_EQ(verdict.move, test.move) << test.what << ": " << verdict.reason;
    EXPECT_NE(verdict.reason, "") << test.what;
  }
}

TEST(TrafficDecisionTest, LatencyIsNotLookedAtWhereItIsTurnedOff) {
  const TrafficPromotion promotion{.to = "V2", .hold_s = 0, .max_latency_ratio = 0};
  const auto slow = side(200, 0, 1000), others = side(1000, 0, 1);
  EXPECT_EQ(judge_traffic(promotion, {.candidate = slow, .others = others}).move, TrafficMove::Next);
}

// Both draw from the same wide distribution: hardly ever is one called slow for it.
TEST(TrafficDecisionTest, ChanceAloneSeldomLooksLikeALatency) {
  const TrafficPromotion promotion{.to = "V2", .max_latency_ratio = 1};
  std::uint64_t random = 1;
  const auto draw = [&random](int count) {
    TrafficSide made{.requests = count};
    for (int i = 0; i < count; ++i) {
      random = random * 6364136223846793005U + 1442695040888963407U;
      const double u = static_cast<double>(random >> 11U) * 0x1p-53;
      made.latency.add(1 / (1.001 - u));  // Pareto: a long tail
    }
    return made;
  };
  int failed = 0;
  for (int i = 0; i < 500; ++i) {
    const auto candidate = draw(150), others = draw(3000);
    failed += judge_traffic(promotion, {.candidate = candidate, .others = others}).move == TrafficMove::Fail ? 1 : 0;
  }
  EXPECT_LE(failed, 15);
}

TEST(TrafficDecisionTest, TheOthersShareTheRestAsTheyDid) {
  const std::vector<TrafficTarget> split{{"V1", 60}, {"V2", 5}, {"V3", 20}};
  EXPECT_EQ(with_share(split, "V2", 20), (std::vector<TrafficTarget>{{"V1", 60}, {"V2", 20}, {"V3", 20}}));
  EXPECT_EQ(with_share(split, "V2", 100), (std::vector<TrafficTarget>{{"V1", 0}, {"V2", 100}, {"V3", 0}}));
  EXPECT_EQ(with_share(split, "V2", 0), (std::vector<TrafficTarget>{{"V1", 75}, {"V2", 0}, {"V3", 25}}));
}

}  // namespace
}  // namespace manta::control
