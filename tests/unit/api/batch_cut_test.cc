#include "api/batch_cut.h"

#include <gtest/gtest.h>

#include <vector>

namespace manta::api {
namespace {

using std::chrono::milliseconds;

constexpr TimePoint kNow{std::chrono::hours(1)};

struct Case {
  const char* name;
  BatchLimits limits;
  std::vector<double> costs;
  milliseconds waited;
  std::size_t running;
  std::size_t last_size;
  BatchCut expected;
};

class BatchCutTest : public ::testing::TestWithParam<Case> {};

TEST_P(BatchCutTest, Cuts) {
  const Case& c = GetParam();
  const BatchView view{c.costs, kNow - c.waited, c.running, c.last_size};
  const BatchCut cut = cut_batch(c.limits, view, kNow);
  EXPECT_EQ(cut.count, c.expected.count);
  EXPECT_EQ(cut.look_again, c.expected.look_again);
}

const BatchLimits kFour{.max_batch_size = 4, .batch_wait_timeout_s = 0.01};
const BatchLimits kBudget{.max_batch_size = 4, .batch_wait_timeout_s = 0.01, .max_cost = 10};

INSTANTIATE_TEST_SUITE_P(
    Table, BatchCutTest,
    ::testing::Values(Case{"NothingWaits", kFour, {}, milliseconds(0), 0, 1, {}},
                      Case{"FullGoesAtOnce", kFour, {1, 1, 1, 1, 1}, milliseconds(0), 0, 8, {4, {}}},
                      Case{"WaitsForCompany", kFour, {1, 1}, milliseconds(4), 0, 4, {0, kNow + milliseconds(6)}},
                      Case{"NeverLongerThanTheTimeout", kFour, {1}, milliseconds(10), 0, 4, {1, {}}},
                      Case{"ALoneCallerIsNotHeld", kFour, {1}, milliseconds(0), 0, 1, {1, {}}},
                      Case{"AsManyAsLastTimeGoAtOnce", kFour, {1, 1, 1}, milliseconds(0), 0, 3, {3, {}}},
                      Case{"WaitsWhileABatchRuns", kFour, {1, 1, 1, 1}, milliseconds(50), 1, 1, {}},
                      Case{"CostEndsABatch", kBudget, {6, 3, 4}, milliseconds(0), 0, 4, {2, {}}},
                      Case{"TheFirstIsAdmittedWhateverItCosts", kBudget, {50, 1}, milliseconds(0), 0, 4, {1, {}}},
                      Case{"ALoneExpensiveItemIsFull", kBudget, {50}, milliseconds(0), 0, 4, {1, {}}}),
    [](const auto& info) { return info.param.name; });

TEST(BatchCutTest, SeveralBatchesMayRun) {
  const BatchLimits limits{.max_batch_size = 1, .max_concurrent_batches = 2};
  const std::vector<double> costs{1};
  EXPECT_EQ(cut_batch(limits, {costs, kNow, 1, 1}, kNow).count, 1u);
  EXPECT_EQ(cut_batch(limits, {costs, kNow, 2, 1}, kNow).count, 0u);
}

}  // namespace
}  // namespace manta::api
