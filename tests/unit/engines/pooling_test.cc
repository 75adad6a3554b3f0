#include "engines/onnx/pooling.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

namespace manta::engines::onnx {
namespace {

constexpr std::array<float, 6> kHidden = {1, 2, 3, 6, 100, 100};  // three rows of two; the last is padding

TEST(PoolingTest, MeanLeavesPaddingOut) {
  std::array<float, 2> out{};
  pool_mean(kHidden, 2, out);
  EXPECT_EQ(out, (std::array<float, 2>{2, 4}));
}

TEST(PoolingTest, FirstTakesTheFirstRow) {
  std::array<float, 2> out{};
  pool_first(kHidden, out);
  EXPECT_EQ(out, (std::array<float, 2>{1, 2}));
}

TEST(PoolingTest, NormalizeGivesUnitLength) {
  std::array<float, 2> vector = {3, 4};
  normalize(vector);
  EXPECT_FLOAT_EQ(vector[0], 0.6F);
  EXPECT_FLOAT_EQ(vector[1], 0.8F);
}

TEST(PoolingTest, NormalizeLeavesZerosAlone) {
  std::array<float, 2> vector = {0, 0};
  normalize(vector);
  EXPECT_EQ(vector, (std::array<float, 2>{0, 0}));
}

}  // namespace
}  // namespace manta::engines::onnx
