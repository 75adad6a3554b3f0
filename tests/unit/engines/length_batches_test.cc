#include "engines/onnx/length_batches.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>

namespace manta::engines::onnx {
namespace {

using Rows = std::vector<std::size_t>;

std::vector<Rows> rows_of(const std::vector<LengthBatch>& batches) {
  std::vector<Rows> rows;
  for (const LengthBatch& batch : batches) rows.push_back(batch.rows);
  return rows;
}

TEST(LengthBatchesTest, NoRowsNoBatches) { EXPECT_TRUE(length_batches({}, 128).empty()); }

TEST(LengthBatchesTest, EqualLengthsShareABatchUpToTheBudget) {
  const std::vector<std::size_t> lengths(8, 16);
  EXPECT_EQ(rows_of(length_batches(lengths, 64)), (std::vector<Rows>{{0, 1, 2, 3}, {4, 5, 6, 7}}));
}

TEST(LengthBatchesTest, RowsThatNeedTwoBatchesAreDividedEvenly) {
  const auto batches = length_batches(std::vector<std::size_t>(31, 17), 512);
  ASSERT_EQ(batches.size(), 2U);
  EXPECT_GE(batches[0].rows.size(), 15U);
  EXPECT_GE(batches[1].rows.size(), 15U);
}

TEST(LengthBatchesTest, ARowOverTheBudgetRunsAlone) {
  const std::vector<std::size_t> lengths = {10, 500, 10};
  const auto batches = length_batches(lengths, 64);
  EXPECT_EQ(rows_of(batches), (std::vector<Rows>{{1}, {0, 2}}));
  EXPECT_EQ(batches[0].width, 500U);
}

TEST(LengthBatchesTest, ShortRowsAreNotPaddedToALongOne) {
  const std::vector<std::size_t> lengths = {8, 128, 8, 120, 9};
  EXPECT_EQ(rows_of(length_batches(lengths, 4096)), (std::vector<Rows>{{1, 3}, {4, 0, 2}}));
}

TEST(LengthBatchesTest, SlightlyDifferentLengthsShareABatch) {
  const std::vector<std::size_t> lengths = {14, 16, 15};
  EXPECT_EQ(length_batches(lengths, 4096).size(), 1U);
}

TEST(LengthBatchesTest, EveryRowIsInOneBatchWithinTheBudget) {
  std::mt19937 random(3);
  for (int round = 0; round < 200; ++round) {
    std::vector<std::size_t> lengths(random() % 60);
    for (std::size_t& length : lengths) length = 1 + random() % 300;
    const std::size_t budget = 1 + random() % 1000;
    Rows seen;
    for (const LengthBatch& batch : length_batches(lengths, budget)) {
      EXPECT_TRUE(batch.rows.size() == 1 || batch.rows.size() * batch.width <= budget);
      for (const std::size_t row : batch.rows) EXPECT_LE(lengths[row], batch.width);
      seen.insert(seen.end(), batch.rows.begin(), batch.rows.end());
    }
    std::ranges::sort(seen);
    Rows all(lengths.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    EXPECT_EQ(seen, all);
  }
}

}  // namespace
}  // namespace manta::engines::onnx
