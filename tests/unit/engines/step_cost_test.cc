#include "engines/generation/step_cost.h"

#include <gtest/gtest.h>

namespace manta::engines {
namespace {

// As measured on a CPU: every token costs most of a step.
StepCost cpu() {
  StepCost cost(16);
  for (const auto& [tokens, seconds] : {std::pair{1, 1.0}, {2, 1.93}, {4, 3.09}, {8, 5.37}, {16, 9.8}})
    cost.record(static_cast<std::size_t>(tokens), seconds);
  return cost;
}

// Sixteen tokens in the time of one.
StepCost accelerator() {
  StepCost cost(16);
  for (std::size_t tokens = 1; tokens <= 16; ++tokens) cost.record(tokens, 0.01);
  return cost;
}

std::vector<double> rates(std::size_t count, double rate) { return std::vector<double>(count, rate); }

TEST(StepCostTest, InterpolatesBetweenMeasuredSizes) {
  const StepCost cost = cpu();
  EXPECT_DOUBLE_EQ(cost.of(1), 1);
  EXPECT_DOUBLE_EQ(cost.of(4), 3.09);
  EXPECT_DOUBLE_EQ(cost.of(3), (1.93 + 3.09) / 2);
  EXPECT_DOUBLE_EQ(cost.of(12), (5.37 + 9.8) / 2);
  EXPECT_DOUBLE_EQ(cost.of(18), 9.8 + 2 * StepCost::kUnknownToken);
}

TEST(StepCostTest, BeforeAnythingWasMeasuredATokenCostsPartOfAStep) {
  StepCost cost(8);
  EXPECT_DOUBLE_EQ(cost.of(1), 1);
  EXPECT_DOUBLE_EQ(cost.of(5), 1 + 4 * StepCost::kUnknownToken);
  cost.record(4, 2);  // says nothing without a step of one
  EXPECT_DOUBLE_EQ(cost.of(4), 1 + 3 * StepCost::kUnknownToken);
  cost.record(1, 1);
  EXPECT_DOUBLE_EQ(cost.of(4), 2);
  EXPECT_DOUBLE_EQ(cost.of(6), 2 + 2 * StepCost::kUnknownToken);
}

TEST(StepCostTest, FollowsChangesAndShrugsOffOneDisturbedStep) {
  StepCost cost(4);
  cost.record(1, 1);
  cost.record(2, 1);
  cost.record(2, 1000);
  EXPECT_LT(cost.of(2), 1.5);
  for (int i = 0; i < 40; ++i) cost.record(2, 3);
  EXPECT_NEAR(cost.of(2), 3, 0.01);
}

TEST(StepCostTest, IgnoresWhatItCannotUse) {
  StepCost cost(4);
  cost.record(1, 1);
  cost.record(2, 0);
  cost.record(3, -1);
  cost.record(99, 1);
  EXPECT_DOUBLE_EQ(cost.of(3), 1 + 2 * StepCost::kUnknownToken);
}

TEST(DraftLengthTest, DraftsWhatPays) {
  struct Case {
    const char* what;
    StepCost cost;
    std::vector<double> acceptance;
    std::size_t streams, length;
  };
  const Case cases[] = {
      {"nothing found", cpu(), {}, 1, 0},
      {"a guess that is right half the time does not pay on a CPU", cpu(), rates(15, 0.5), 1, 0},
      {"nor one that is right four times in five", cpu(), rates(15, 0.8), 1, 0},
      {"a likely one in part", cpu(), rates(15, 0.93), 1, 5},
      {"a sure one as a whole", cpu(), rates(15, 1), 1, 15},
      {"a short match that cannot fill a step", cpu(), rates(1, 1), 1, 0},
      {"four streams share steps well already", cpu(), rates(3, 0.97), 4, 0},
      {"long sure drafts pay beside other streams", cpu(), rates(15, 1), 2, 15},
      {"where tokens are free a doubtful guess is tried", accelerator(), rates(8, 0.3), 1, 8},
      {"one that is never right is not", accelerator(), rates(8, 0), 1, 0},
      {"it ends where the rest is hopeless", cpu(), {1, 1, 1, 0, 1, 1}, 1, 3},
  };
  for (const Case& c : cases) EXPECT_EQ(draft_length(c.acceptance, c.cost, c.streams), c.length) << c.what;
}

}  // namespace
}  // namespace manta::engines
