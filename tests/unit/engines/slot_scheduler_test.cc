#include "engines/generation/slot_scheduler.h"

#include <gtest/gtest.h>

#include "unit/engines/scheduling.h"

namespace manta::engines {
namespace {

TEST(SlotSchedulerTest, PrefillsInChunksOfTheBatch) {
  SlotScheduler scheduler({.slots = 1, .context = 100, .batch = 4});
  ASSERT_TRUE(scheduler.admit(tokens(10)));
  EXPECT_EQ(run(scheduler, 1), (std::vector<std::size_t>{4}));
  EXPECT_EQ(run(scheduler, 1), (std::vector<std::size_t>{4}));
  const auto last = scheduler.plan();
  ASSERT_EQ(last.size(), 2U);
  EXPECT_FALSE(last[0].wants_token);
  EXPECT_TRUE(last[1].wants_token);
  EXPECT_EQ(last[1].position, 9U);
}

TEST(SlotSchedulerTest, GeneratingSlotsGoBeforePrompts) {
  SlotScheduler scheduler({.slots = 2, .context = 100, .batch = 4});
  ASSERT_TRUE(scheduler.admit(tokens(3)));
  run(scheduler, 2);
  EXPECT_TRUE(scheduler.accept(0, 77));
  ASSERT_TRUE(scheduler.admit(tokens(20, 50)));
  const auto batch = scheduler.plan();
  ASSERT_EQ(batch.size(), 4U);
  EXPECT_EQ(batch[0].slot, 0U);
  EXPECT_EQ(batch[0].token, 77);
  EXPECT_EQ(batch[0].position, 3U);
  EXPECT_EQ(batch[1].slot, 1U);
  EXPECT_EQ(batch[3].position, 2U);
}

TEST(SlotSchedulerTest, PromptsFillTheBatchInOrderOfAdmission) {
  SlotScheduler scheduler({.slots = 3, .context = 100, .batch = 8});
  ASSERT_TRUE(scheduler.admit(tokens(5)));
  ASSERT_TRUE(scheduler.admit(tokens(5, 100)));
  ASSERT_TRUE(scheduler.admit(tokens(5, 200)));
  EXPECT_EQ(run(scheduler, 3), (std::vector<std::size_t>{5, 3, 0}));
}

TEST(SlotSchedulerTest, AdmitsNothingWhenAllSlotsAreBusy) {
  SlotScheduler scheduler({.slots = 1});
  ASSERT_TRUE(scheduler.admit(tokens(2)));
  EXPECT_FALSE(scheduler.admit(tokens(2)));
  scheduler.release(0);
  EXPECT_TRUE(scheduler.admit(tokens(2)));
}

TEST(SlotSchedulerTest, ChoosesTheSlotWithTheLongestPrefix) {
  SlotScheduler scheduler({.slots = 2, .context = 100});
  ASSERT_TRUE(scheduler.admit(tokens(6)));
  ASSERT_TRUE(scheduler.admit(tokens(6, 50)));
  run(scheduler, 2);
  scheduler.release(0);
  scheduler.release(1);
  std::vector<Token> prompt = tokens(4, 50);
  prompt.push_back(9);
  const auto admission = scheduler.admit(prompt);
  EXPECT_EQ(admission->slot, 1U);
  EXPECT_EQ(admission->kept, 4U);
  EXPECT_EQ(scheduler.plan().front().position, 4U);
}

TEST(SlotSchedulerTest, ComputesAtLeastTheLastPromptToken) {
  SlotScheduler scheduler({.slots = 1, .context = 100});
  ASSERT_TRUE(scheduler.admit(tokens(6)));
  run(scheduler, 1);
  scheduler.release(0);
  EXPECT_EQ(scheduler.admit(tokens(6))->kept, 5U);
  const auto batch = scheduler.plan();
  ASSERT_EQ(batch.size(), 1U);
  EXPECT_TRUE(batch[0].wants_token);
}

TEST(SlotSchedulerTest, ReusesGeneratedTokensOnlyOnceTheyWereComputed) {
  SlotScheduler scheduler({.slots = 1, .context = 100});
  ASSERT_TRUE(scheduler.admit({1, 2}));
  run(scheduler, 1);
  EXPECT_TRUE(scheduler.accept(0, 3));
  run(scheduler, 1);
  EXPECT_TRUE(scheduler.accept(0, 4));  // sampled, never computed
  scheduler.release(0);
  EXPECT_EQ(scheduler.admit({1, 2, 3, 4, 5})->kept, 3U);
}

TEST(SlotSchedulerTest, KeepsNothingWithoutThePrefixCache) {
  SlotScheduler scheduler({.slots = 1, .context = 100, .prefix_cache = false});
  ASSERT_TRUE(scheduler.admit(tokens(6)));
  run(scheduler, 1);
  scheduler.release(0);
  EXPECT_EQ(scheduler.admit(tokens(6))->kept, 0U);
}

TEST(SlotSchedulerTest, EqualPrefixesTakeTheSlotUsedLongestAgo) {
  SlotScheduler scheduler({.slots = 2, .context = 100});
  for (const Token first : {0, 100}) ASSERT_TRUE(scheduler.admit(tokens(4, first)));
  run(scheduler, 2);
  scheduler.release(1);
  scheduler.release(0);
  EXPECT_EQ(scheduler.admit(tokens(4, 200))->slot, 0U);
}

TEST(SlotSchedulerTest, CancelledPrefillKeepsWhatWasComputed) {
  SlotScheduler scheduler({.slots = 1, .context = 100, .batch = 4});
  ASSERT_TRUE(scheduler.admit(tokens(10)));
  run(scheduler, 1);
  scheduler.release(0);
  EXPECT_EQ(scheduler.admit(tokens(10))->kept, 4U);
}

TEST(SlotSchedulerTest, RefusesATokenBeyondTheContext) {
  SlotScheduler scheduler({.slots = 1, .context = 4});
  ASSERT_TRUE(scheduler.admit(tokens(3)));
  run(scheduler, 1);
  EXPECT_TRUE(scheduler.accept(0, 7));
  run(scheduler, 1);
  EXPECT_FALSE(scheduler.accept(0, 8));
}

TEST(SlotSchedulerTest, AFailedStepForgetsTheSlot) {
  SlotScheduler scheduler({.slots = 1, .context = 100});
  ASSERT_TRUE(scheduler.admit(tokens(4)));
  run(scheduler, 1);
  ASSERT_TRUE(scheduler.accept(0, 1));
  scheduler.plan();
  scheduler.forget(0);
  scheduler.release(0);
  EXPECT_EQ(scheduler.admit(tokens(4))->kept, 0U);
  EXPECT_EQ(scheduler.tokens_held(), 0U);
}

TEST(SlotSchedulerTest, RestartComputesWhatTheModelCouldNotKeep) {
  SlotScheduler scheduler({.slots = 1, .context = 100});
  ASSERT_TRUE(scheduler.admit(tokens(4)));
  run(scheduler, 1);
  scheduler.release(0);
  ASSERT_EQ(scheduler.admit(tokens(4))->kept, 3U);
  scheduler.restart(0, 0);
  EXPECT_EQ(run(scheduler, 1), (std::vector<std::size_t>{4}));
}

TEST(SlotSchedulerTest, BesideGeneratingSlotsPromptsGetAChunkOnly) {
  SlotScheduler scheduler({.slots = 2, .context = 100, .batch = 32, .prefill_chunk = 4});
  ASSERT_TRUE(scheduler.admit(tokens(20)));
  EXPECT_EQ(run(scheduler, 2), (std::vector<std::size_t>{20, 0}));  // nobody waits
  ASSERT_TRUE(scheduler.accept(0, 77));
  ASSERT_TRUE(scheduler.admit(tokens(10, 50)));
  EXPECT_EQ(run(scheduler, 2), (std::vector<std::size_t>{1, 4}));
  ASSERT_TRUE(scheduler.accept(0, 78));
  EXPECT_EQ(run(scheduler, 2), (std::vector<std::size_t>{1, 4}));
  scheduler.release(0);
  EXPECT_EQ(run(scheduler, 2), (std::vector<std::size_t>{0, 2}));
}

TEST(SlotSchedulerTest, AShortPromptDoesNotWaitForALongOne) {
  SlotScheduler scheduler({.slots = 3, .context = 1000, .batch = 8});
  ASSERT_TRUE(scheduler.admit(tokens(500)));
  ASSERT_TRUE(scheduler.admit(tokens(100, 2000)));
  ASSERT_TRUE(scheduler.admit(tokens(3, 4000)));
  EXPECT_EQ(run(scheduler, 3), (std::vector<std::size_t>{4, 1, 3}));
}

TEST(SlotSchedulerTest, TheBatchIsInOrderOfSlots) {
  SlotScheduler scheduler({.slots = 3, .context = 100, .batch = 64});
  for (const Token first : {0, 100, 200}) ASSERT_TRUE(scheduler.admit(tokens(4, first)));
  run(scheduler, 3);
  scheduler.release(0);
  ASSERT_TRUE(scheduler.admit(tokens(4, 300)));  // slot 0 is the last that was admitted
  for (const std::size_t slot : {1U, 2U}) ASSERT_TRUE(scheduler.accept(slot, 9));
  std::vector<std::size_t> slots;
  for (const BatchItem& item : scheduler.plan()) slots.push_back(item.slot);
  EXPECT_EQ(slots, (std::vector<std::size_t>{0, 0, 0, 0, 1, 2}));
}

// Tokens of slot 0 in each step until its prompt is computed.
std::vector<std::size_t> parts_of_prompt(SlotScheduler::Limits limits, std::size_t length) {
  SlotScheduler scheduler(limits);
  EXPECT_TRUE(scheduler.admit(tokens(length)));
  std::vector<std::size_t> parts;
  while (!scheduler.is_generating(0)) {
    parts.push_back(run(scheduler, 1)[0]);
    if (parts.back() == 0) break;
    if (scheduler.tokens_held() == length) return parts;
  }
  return parts;
}

TEST(SlotSchedulerTest, NoPartOfAPromptIsShorterThanTheLeast) {
  const SlotScheduler::Limits limits{.slots = 1, .context = 1000, .batch = 20, .least_part = 8};
  EXPECT_EQ(parts_of_prompt(limits, 5), (std::vector<std::size_t>{5}));
  EXPECT_EQ(parts_of_prompt(limits, 20), (std::vector<std::size_t>{20}));
  EXPECT_EQ(parts_of_prompt(limits, 27), (std::vector<std::size_t>{19, 8}));
  EXPECT_EQ(parts_of_prompt(limits, 28), (std::vector<std::size_t>{20, 8}));
  EXPECT_EQ(parts_of_prompt(limits, 48), (std::vector<std::size_t>{20, 20, 8}));
  for (std::size_t length = 8; length < 200; ++length)
    for (const std::size_t part : parts_of_prompt(limits, length)) EXPECT_GE(part, 8U) << length;
}

// Slot 0 computes a prompt and generates from then on.
void start_generating(SlotScheduler& scheduler) {
  ASSERT_TRUE(scheduler.admit(tokens(2)));
  run(scheduler, 1);
  ASSERT_TRUE(scheduler.accept(0, 77));
}

TEST(SlotSchedulerTest, BesideGeneratingSlotsAPartIsTheLeastEvenIfTheChunkIsSmaller) {
  SlotScheduler scheduler({.slots = 2, .context = 100, .batch = 32, .prefill_chunk = 4, .least_part = 8});
  start_generating(scheduler);
  ASSERT_TRUE(scheduler.admit(tokens(30, 50)));
  EXPECT_EQ(run(scheduler, 2), (std::vector<std::size_t>{1, 8}));
  ASSERT_TRUE(scheduler.accept(0, 78));
  EXPECT_EQ(run(scheduler, 2), (std::vector<std::size_t>{1, 8}));
  ASSERT_TRUE(scheduler.accept(0, 79));
  EXPECT_EQ(run(scheduler, 2), (std::vector<std::size_t>{1, 14}));  // 8 would leave 6
}

TEST(SlotSchedulerTest, TheOldestPromptGoesOnBesideShorterOnes) {
  SlotScheduler scheduler({.slots = 3, .context = 1000, .batch = 64, .prefill_chunk = 16, .least_part = 8});
  start_generating(scheduler);
  ASSERT_TRUE(scheduler.admit(tokens(100, 1000)));
  ASSERT_TRUE(scheduler.admit(tokens(40, 2000)));
  EXPECT_EQ(run(scheduler, 3), (std::vector<std::size_t>{1, 8, 8}));
}

class ExactReuseTest : public ::testing::Test {
 protected:
  // A slot that has computed a prompt and three tokens after it.
  void compute(std::size_t prompt) {
    ASSERT_TRUE(scheduler_.admit(tokens(prompt)));
    while (scheduler_.tokens_held() < prompt) run(scheduler_, 1);
    for (std::size_t i = 0; i < 3; ++i) {
      ASSERT_TRUE(scheduler_.accept(0, static_cast<Token>(prompt + i)));
      run(scheduler_, 1);
    }
    scheduler_.release(0);
  }
  SlotScheduler scheduler_{{.slots = 1, .context = 1000, .batch = 64, .least_part = 8, .exact_reuse = true}};
};

TEST_F(ExactReuseTest, WhatIsLeftIsAPart) {
  compute(30);
  EXPECT_EQ(scheduler_.admit(tokens(30))->kept, 22U);
}

TEST_F(ExactReuseTest, AnAnswerIsComputedAgainInParts) {
  compute(30);
  EXPECT_EQ(scheduler_.admit(tokens(60))->kept, 30U);
}

TEST_F(ExactReuseTest, LongPromptsTakeNothingOverFromShortOnesNorTheOtherWay) {
  compute(7);
  EXPECT_EQ(scheduler_.admit(tokens(20))->kept, 0U);
  scheduler_.release(0);
  compute(20);
  EXPECT_EQ(scheduler_.admit(tokens(7))->kept, 0U);
}

TEST_F(ExactReuseTest, ShortPromptsTakeOverAnAnswer) {
  compute(3);
  EXPECT_EQ(scheduler_.admit(tokens(7))->kept, 6U);
}

}  // namespace
}  // namespace manta::engines
