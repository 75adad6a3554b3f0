#include "engines/generation/slot_scheduler.h"

#include <gtest/gtest.h>

#include "unit/engines/scheduling.h"

namespace manta::engines {
namespace {

class SlotCopyTest : public ::testing::Test {
 protected:
  SlotScheduler scheduler_{{.slots = 2, .context = 1000, .batch = 40, .least_copy = 8}};
};

TEST_F(SlotCopyTest, ABusySlotsPrefixIsCopiedAtOnce) {
  ASSERT_TRUE(scheduler_.admit(tokens(30)));
  run(scheduler_, 2);
  std::vector<Token> prompt = tokens(20);
  prompt.push_back(99);
  EXPECT_EQ(scheduler_.admit(prompt)->slot, 1U);
  const auto copy = scheduler_.next_copy();
  ASSERT_TRUE(copy);
  EXPECT_EQ(copy->from, 0U);
  EXPECT_EQ(copy->to, 1U);
  EXPECT_EQ(copy->tokens, 20U);
  scheduler_.copied(1, 20);
  EXPECT_FALSE(scheduler_.next_copy());
  ASSERT_TRUE(scheduler_.accept(0, 7));
  EXPECT_EQ(run(scheduler_, 2), (std::vector<std::size_t>{1, 1}));
}

TEST_F(SlotCopyTest, APrefixThatIsBeingComputedIsComputedOnce) {
  ASSERT_TRUE(scheduler_.admit(tokens(60)));
  ASSERT_TRUE(scheduler_.admit(tokens(50)));
  EXPECT_FALSE(scheduler_.next_copy());
  EXPECT_EQ(run(scheduler_, 2), (std::vector<std::size_t>{40, 0}));
  EXPECT_FALSE(scheduler_.next_copy());
  EXPECT_EQ(run(scheduler_, 2), (std::vector<std::size_t>{20, 0}));
  EXPECT_EQ(scheduler_.next_copy()->tokens, 49U);
  scheduler_.copied(1, 49);
  ASSERT_TRUE(scheduler_.accept(0, 7));
  EXPECT_EQ(run(scheduler_, 2), (std::vector<std::size_t>{1, 1}));
}

TEST_F(SlotCopyTest, ASourceThatEndsEarlyLeavesWhatItHas) {
  ASSERT_TRUE(scheduler_.admit(tokens(60)));
  ASSERT_TRUE(scheduler_.admit(tokens(60)));
  run(scheduler_, 2);
  scheduler_.release(0);  // cancelled after 40 tokens
  EXPECT_EQ(scheduler_.next_copy()->tokens, 40U);
  scheduler_.copied(1, 40);
  EXPECT_EQ(run(scheduler_, 2), (std::vector<std::size_t>{0, 20}));
}

TEST_F(SlotCopyTest, ASourceThatEndsWithNothingIsNotWaitedFor) {
  ASSERT_TRUE(scheduler_.admit(tokens(60)));
  ASSERT_TRUE(scheduler_.admit(tokens(60)));
  scheduler_.release(0);
  EXPECT_FALSE(scheduler_.next_copy());
  EXPECT_EQ(run(scheduler_, 2), (std::vector<std::size_t>{0, 40}));
}

TEST_F(SlotCopyTest, ASourceWhoseStepFailedIsNotWaitedFor) {
  ASSERT_TRUE(scheduler_.admit(tokens(60)));
  ASSERT_TRUE(scheduler_.admit(tokens(60)));
  run(scheduler_, 2);
  scheduler_.forget(0);
  scheduler_.release(0);
  EXPECT_FALSE(scheduler_.next_copy());
  EXPECT_EQ(run(scheduler_, 2), (std::vector<std::size_t>{0, 40}));
}

TEST_F(SlotCopyTest, AModelThatCannotCopyComputesThePrompt) {
  ASSERT_TRUE(scheduler_.admit(tokens(30)));
  run(scheduler_, 2);
  ASSERT_TRUE(scheduler_.admit(tokens(30)));
  scheduler_.copied(1, 0);
  ASSERT_TRUE(scheduler_.accept(0, 7));
  EXPECT_EQ(run(scheduler_, 2), (std::vector<std::size_t>{1, 30}));
}

class SlotDraftTest : public ::testing::Test {
 protected:
  // A generating slot with tokens 0, 1, 2 in its KV and 50 to be computed.
  void SetUp() override {
    ASSERT_TRUE(scheduler_.admit(tokens(3)));
    run(scheduler_, 1);
    ASSERT_TRUE(scheduler_.accept(0, 50));
  }
  void draft(const std::vector<Token>& tokens) { scheduler_.draft(0, tokens); }

  SlotScheduler scheduler_{{.slots = 1, .context = 10, .batch = 8}};
};

TEST_F(SlotDraftTest, DraftsFollowTheSlotsOwnToken) {
  draft({51, 52});
  const auto batch = scheduler_.plan();
  ASSERT_EQ(batch.size(), 3U);
  EXPECT_FALSE(batch[0].is_draft);
  EXPECT_EQ(batch[0].position, 3U);
  EXPECT_TRUE(batch[2].is_draft && batch[2].wants_token);
  EXPECT_EQ(batch[2].token, 52);
  EXPECT_EQ(batch[2].position, 5U);
}

TEST_F(SlotDraftTest, RightDraftsAreHeldAndTheRestIsRemoved) {
  struct Case {
    std::vector<Token> sampled;
    std::size_t accepted, held, next_position;
  };
  const Case cases[] = {{{60}, 0, 4, 4}, {{51, 60}, 1, 5, 5}, {{51, 52, 53}, 2, 6, 6}};
  for (const Case& c : cases) {
    scheduler_ = SlotScheduler({.slots = 1, .context = 10, .batch = 8});
    SetUp();
    draft({51, 52});
    scheduler_.plan();
    scheduler_.commit();
    for (const Token token : c.sampled) ASSERT_TRUE(scheduler_.accept(0, token));
    const auto settled = scheduler_.settle();
    ASSERT_EQ(settled.size(), 1U);
    EXPECT_EQ(settled[0].drafted, 2U);
    EXPECT_EQ(settled[0].accepted, c.accepted);
    EXPECT_EQ(settled[0].held, c.held);
    EXPECT_TRUE(scheduler_.settle().empty());
    const auto batch = scheduler_.plan();
    ASSERT_EQ(batch.size(), 1U);
    EXPECT_EQ(batch[0].token, c.sampled.back());
    EXPECT_EQ(batch[0].position, c.next_position);
  }
}

TEST_F(SlotDraftTest, DraftsEndWithTheContextAndTheBatch) {
  draft(tokens(20, 51));
  EXPECT_EQ(scheduler_.plan().size(), 7U);  // positions 3 to 9
  scheduler_.commit();
  scheduler_.settle();
  SlotScheduler small({.slots = 1, .context = 100, .batch = 4});
  ASSERT_TRUE(small.admit({1}));
  small.draft(0, tokens(20, 51));
  EXPECT_EQ(small.plan().size(), 4U);
}

TEST_F(SlotDraftTest, AGenerationThatEndsInsideADraftKeepsWhatWasRight) {
  draft({51, 52, 53});
  scheduler_.plan();
  scheduler_.commit();
  ASSERT_TRUE(scheduler_.accept(0, 51));
  scheduler_.release(0);  // 52 ended it
  const auto settled = scheduler_.settle();
  ASSERT_EQ(settled.size(), 1U);
  EXPECT_EQ(settled[0].held, 5U);
  EXPECT_EQ(scheduler_.admit({0, 1, 2, 50, 51, 52, 53})->kept, 5U);
}

}  // namespace
}  // namespace manta::engines
