#include "engines/llama/decode_parts.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace manta::engines::llama {
namespace {

// Items of slots 0, 1, ..., so many of each.
std::vector<BatchItem> step(const std::vector<std::size_t>& counts) {
  std::vector<BatchItem> items;
  for (std::size_t slot = 0; slot < counts.size(); ++slot)
    for (std::size_t i = 0; i < counts[slot]; ++i) items.push_back({.slot = slot, .position = i});
  return items;
}

// The parts as slots with their counts.
std::vector<std::vector<std::size_t>> counts_of(const std::vector<std::vector<BatchItem>>& parts, std::size_t slots) {
  std::vector<std::vector<std::size_t>> counts;
  for (const std::vector<BatchItem>& part : parts) {
    counts.emplace_back(slots);
    for (const BatchItem& item : part) ++counts.back()[item.slot];
  }
  return counts;
}

using Counts = std::vector<std::vector<std::size_t>>;

TEST(DecodePartsTest, FewTokensOfEachSlotAreOneCall) {
  EXPECT_EQ(counts_of(decode_parts(step({1, 16, 63}), 512), 3), (Counts{{1, 16, 63}}));
}

TEST(DecodePartsTest, ManyTokensOfASlotAreACallOfTheirOwnAfterTheOthers) {
  EXPECT_EQ(counts_of(decode_parts(step({64, 1, 200, 2}), 512), 4),
            (Counts{{0, 1, 0, 2}, {64, 0, 0, 0}, {0, 0, 200, 0}}));
}

TEST(DecodePartsTest, NothingIsLeftThatIsTooShortForTiles) {
  for (std::size_t count = kTiled; count < 700; ++count) {
    const auto parts = decode_parts(step({count}), kLeastUbatchOfTiles);
    std::size_t next = 0;
    for (const auto& part : parts) {
      EXPECT_GE(part.size(), kTiled) << count;
      EXPECT_LE(part.size(), kLeastUbatchOfTiles) << count;
      for (const BatchItem& item : part) EXPECT_EQ(item.position, next++);
    }
    EXPECT_EQ(next, count);
  }
}

TEST(DecodePartsTest, WithoutRoomForTilesAStepIsOneCall) {
  EXPECT_EQ(counts_of(decode_parts(step({100, 1}), 63), 2), (Counts{{100, 1}}));
}

}  // namespace
}  // namespace manta::engines::llama
