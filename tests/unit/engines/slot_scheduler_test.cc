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

}  // namespace
}  // namespace manta::engines
