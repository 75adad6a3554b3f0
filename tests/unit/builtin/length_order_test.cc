#include "builtin/length_order.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <random>

#include "engines/onnx/length_batches.h"

namespace manta::builtin {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

using Lengths = std::vector<std::size_t>;

// Tokens that an engine computes when it gets `lengths` in batches of 32.
std::size_t padded_tokens(const Lengths& lengths) {
  std::size_t padded = 0;
  for (std::size_t i = 0; i < lengths.size(); i += 32) {
    const auto part = std::span(lengths).subspan(i, std::min<std::size_t>(32, lengths.size() - i));
    for (const auto& batch : engines::onnx::length_batches(part, 512)) padded += batch.rows.size() * batch.width + 8;
  }
  return padded;
}

TEST(LengthOrderTest, ShortestFirstAndEqualOnesInTheirOrder) {
  EXPECT_THAT(shortest_first({}), IsEmpty());
  EXPECT_THAT(shortest_first(Lengths{5}), ElementsAre(0));
  EXPECT_THAT(shortest_first(Lengths{9, 2, 9, 1, 2}), ElementsAre(3, 1, 4, 0, 2));
}

TEST(LengthOrderTest, MixedLengthsCostWhatTheyCostSortedByHand) {
  std::mt19937 random(5);
  Lengths lengths(512);
  for (std::size_t& length : lengths) length = random() % 8 == 0 ? 200 + random() % 50 : 6 + random() % 40;
  Lengths by_hand = lengths, ordered;
  std::ranges::sort(by_hand);
  for (const std::size_t index : shortest_first(lengths)) ordered.push_back(lengths[index]);
  EXPECT_EQ(padded_tokens(ordered), padded_tokens(by_hand));
  EXPECT_LT(padded_tokens(ordered) * 100, padded_tokens(lengths) * 97);
}

}  // namespace
}  // namespace manta::builtin
