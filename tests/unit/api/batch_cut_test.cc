#include "api/batch_cut.h"

#include <gtest/gtest.h>

#include <vector>

namespace manta::api {
namespace {

using std::chrono::milliseconds;
using Reason = CloseReason;

constexpr TimePoint kNow{std::chrono::hours(1)};

struct Waits {
  std::vector<double> costs;
  milliseconds waited{0};
  std::size_t last_size = 1;
};

struct Case {
  const char* name;
  BatchLimits limits;
  std::vector<Waits> buckets;
  BatchLoad load;
  BatchCut expected;
};

class BatchCutTest : public ::testing::TestWithParam<Case> {};

TEST_P(BatchCutTest, Cuts) {
  const Case& c = GetParam();
  std::vector<BatchView> views;
  for (const Waits& bucket : c.buckets) views.push_back({bucket.costs, kNow - bucket.waited, bucket.last_size});
  const BatchCut cut = cut_batch(c.limits, views, c.load, kNow);
  EXPECT_EQ(cut.count, c.expected.count);
  EXPECT_EQ(cut.look_again, c.expected.look_again);
  if (cut.count == 0) return;
  EXPECT_EQ(name(cut.reason), name(c.expected.reason));
  EXPECT_EQ(cut.bucket, c.expected.bucket);
}

const BatchLimits kFour{.max_batch_size = 4, .batch_wait_timeout_s = 0.01};
const BatchLimits kAdaptive{.max_batch_size = 4, .batch_wait_timeout_s = 0.01, .wait = BatchWait::Adaptive};
const BatchLimits kBudget{.max_batch_size = 4, .batch_wait_timeout_s = 0.01, .max_cost = 10};
const BatchLimits kTwoAtOnce{.max_batch_size = 1, .max_concurrent_batches = 2};

BatchCut run(std::size_t count, Reason reason, std::size_t bucket = 0) {
  return {.count = count, .bucket = bucket, .reason = reason};
}
BatchCut look_again(milliseconds after) { return {.look_again = kNow + after}; }

INSTANTIATE_TEST_SUITE_P(
    One, BatchCutTest,
    ::testing::Values(
        Case{"NothingWaits", kFour, {{}}, {}, {}},
        Case{"FullGoesAtOnce", kFour, {{{1, 1, 1, 1, 1}}}, {}, run(4, Reason::Full)},
        Case{"WaitsForCompany", kFour, {{{1, 1}, milliseconds(4), 1}}, {}, look_again(milliseconds(6))},
        Case{"ALoneItemWaitsToo", kFour, {{{1}, milliseconds(0), 1}}, {}, look_again(milliseconds(10))},
        Case{"NeverLongerThanTheTimeout", kFour, {{{1}, milliseconds(10)}}, {}, run(1, Reason::Timeout)},
        Case{"AdaptiveHoldsNoLoneCaller", kAdaptive, {{{1}, milliseconds(0), 1}}, {}, run(1, Reason::Adaptive)},
        Case{"AdaptiveGoesWithAsManyAsLastTime",
             kAdaptive,
             {{{1, 1, 1}, milliseconds(0), 3}},
             {},
             run(3, Reason::Adaptive)},
        Case{"AdaptiveWaitsForAsManyAsLastTime",
             kAdaptive,
             {{{1, 1}, milliseconds(3), 3}},
             {},
             look_again(milliseconds(7))},
        Case{"AdaptiveWaitsForThoseWhoseBatchHasJustEnded",
             kAdaptive,
             {{{1}, milliseconds(80), 3}},
             {.idle_since = kNow - milliseconds(1)},
             look_again(milliseconds(9))},
        Case{"ButNotLongerThanTheTimeout",
             kAdaptive,
             {{{1}, milliseconds(80), 3}},
             {.idle_since = kNow - milliseconds(10)},
             run(1, Reason::Timeout)},
        Case{"FixedCountsFromTheItem",
             kFour,
             {{{1}, milliseconds(80), 3}},
             {.idle_since = kNow},
             run(1, Reason::Timeout)},
        Case{"WaitsWhileABatchRuns", kFour, {{{1, 1, 1, 1}, milliseconds(50)}}, {.running = 1}, {}},
        Case{"CostEndsABatch", kBudget, {{{6, 3, 4}}}, {}, run(2, Reason::Cost)},
        Case{"TheFirstIsAdmittedWhateverItCosts", kBudget, {{{50, 1}}}, {}, run(1, Reason::Cost)},
        Case{"ALoneExpensiveItemIsFull", kBudget, {{{50}}}, {}, run(1, Reason::Cost)},
        Case{"NobodyWaitsInAShutdown", kFour, {{{1, 1}}}, {.stopping = true}, run(2, Reason::Shutdown)},
        Case{"ASecondBatchMayRun", kTwoAtOnce, {{{1}}}, {.running = 1}, run(1, Reason::Full)},
        Case{"AThirdMayNot", kTwoAtOnce, {{{1}}}, {.running = 2}, {}}),
    [](const auto& info) { return info.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Buckets, BatchCutTest,
    ::testing::Values(
        Case{"OneThatIsFullGoes", kFour, {{{1}, milliseconds(5)}, {{1, 1, 1, 1}}}, {}, run(4, Reason::Full, 1)},
        Case{"OneWhoseWaitIsOverGoesBeforeAFullOne",
             kFour,
             {{{1, 1, 1, 1}, milliseconds(9)}, {{1}, milliseconds(10)}},
             {},
             run(1, Reason::Bucket, 1)},
        Case{"OfThoseWhoseWaitIsOverTheOldestGoesFirst",
             kFour,
             {{{1, 1, 1, 1}, milliseconds(20)}, {{1}, milliseconds(30)}, {{1, 1}, milliseconds(25)}},
             {},
             run(1, Reason::Bucket, 1)},
        Case{"OfFullOnesTheOldestGoesFirst",
             kFour,
             {{{1, 1, 1, 1}, milliseconds(1)}, {{1, 1, 1, 1}, milliseconds(2)}},
             {},
             run(4, Reason::Full, 1)},
        Case{"AnEmptyOneIsNoOther", kFour, {{}, {{1, 1}, milliseconds(10)}}, {}, run(2, Reason::Timeout, 1)},
        Case{"TheNextLookIsForTheOldest",
             kFour,
             {{{1}, milliseconds(2)}, {{1}, milliseconds(7)}},
             {},
             look_again(milliseconds(3))}),
    [](const auto& info) { return info.param.name; });

TEST(BatchCutTest, BoundsAreInclusive) {
  const std::vector<double> bounds{16, 64};
  EXPECT_EQ(bucket_of(bounds, 1), 0u);
  EXPECT_EQ(bucket_of(bounds, 16), 0u);
  EXPECT_EQ(bucket_of(bounds, 17), 1u);
  EXPECT_EQ(bucket_of(bounds, 1e9), 2u);
  EXPECT_EQ(bucket_of({}, 5), 0u);
}

}  // namespace
}  // namespace manta::api
