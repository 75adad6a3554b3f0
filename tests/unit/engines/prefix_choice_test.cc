#include "engines/generation/prefix_choice.h"

#include <gtest/gtest.h>

#include <vector>

namespace manta::engines {
namespace {

constexpr std::size_t kLeast = 32;

SlotView idle(std::size_t shared, std::size_t held, std::uint64_t used) {
  return {.shared = shared, .coming = shared, .held = held, .used = used};
}
SlotView busy(std::size_t shared, std::size_t coming, std::uint64_t used) {
  return {.is_busy = true, .shared = shared, .coming = coming, .held = shared + 10, .used = used};
}

TEST(PrefixChoiceTest, NothingWhenAllSlotsAreBusy) {
  EXPECT_FALSE(choose_slot(std::vector{busy(0, 0, 1), busy(500, 500, 2)}, kLeast));
  EXPECT_FALSE(choose_slot({}, kLeast));
}

TEST(PrefixChoiceTest, ChoosesSlotAndSource) {
  struct Case {
    const char* what;
    std::vector<SlotView> slots;
    std::size_t slot, kept;
    std::optional<std::size_t> source;
    std::size_t copied;
  };
  const Case cases[] = {
      {"an empty machine", {idle(0, 0, 0), idle(0, 0, 0)}, 0, 0, {}, 0},
      {"nothing in common: used longest ago", {idle(0, 90, 3), idle(0, 90, 2), busy(0, 0, 1)}, 1, 0, {}, 0},
      {"the conversation goes on in its slot", {idle(0, 0, 0), idle(200, 200, 5)}, 1, 200, {}, 0},
      {"a short tail may be lost", {idle(0, 0, 0), idle(200, 220, 5)}, 1, 200, {}, 0},
      {"another conversation stays, its prefix is copied", {idle(0, 0, 0), idle(200, 900, 5)}, 0, 0, 1, 200},
      {"but not over itself", {idle(200, 900, 5), idle(0, 0, 6)}, 0, 200, {}, 0},
      {"a short prefix is not worth a copy", {idle(0, 0, 0), idle(31, 900, 5)}, 1, 31, {}, 0},
      {"a busy slot's prefix is copied", {busy(300, 300, 1), idle(0, 50, 2)}, 1, 0, 0, 300},
      {"one that is still computed is waited for", {busy(0, 300, 1), idle(0, 50, 2)}, 1, 0, 0, 300},
      {"not for a few tokens", {busy(31, 31, 1), idle(0, 50, 2)}, 1, 0, {}, 0},
      {"not when the idle slot has nearly as much", {busy(300, 300, 1), idle(280, 280, 2)}, 1, 280, {}, 0},
      {"when it has much more", {busy(300, 300, 3), idle(100, 100, 2), idle(0, 9, 1)}, 2, 0, 0, 300},
      {"the busy slot with most", {busy(100, 100, 1), idle(0, 0, 0), busy(40, 200, 2)}, 1, 0, 2, 200},
  };
  for (const Case& c : cases) {
    const auto choice = choose_slot(c.slots, kLeast);
    ASSERT_TRUE(choice) << c.what;
    EXPECT_EQ(choice->slot, c.slot) << c.what;
    EXPECT_EQ(choice->kept, c.kept) << c.what;
    EXPECT_EQ(choice->source, c.source) << c.what;
    EXPECT_EQ(choice->copied, c.copied) << c.what;
  }
}

}  // namespace
}  // namespace manta::engines
