#include "engines/generation/step_loop.h"

#include <gtest/gtest.h>

#include <semaphore>

#include "unit/engines/recording_sink.h"

namespace manta::engines {
namespace {

// Generates "<last prompt token + n> " for the n-th token. Steps only as often as it is allowed to.
class FakeDecoder final : public Decoder {
 public:
  struct Script {
    std::counting_semaphore<1 << 20> steps{0};
    std::atomic<bool> is_free_running = false;
    std::atomic<int> fail_at_step = -1;
    std::atomic<int> step = 0;
    std::atomic<std::size_t> keep_at_most = 1 << 20;
  };
  explicit FakeDecoder(Script& script) : script_(script) {}

  std::size_t start(std::size_t, const PendingGeneration&, std::size_t kept) override {
    return std::min(kept, script_.keep_at_most.load());
  }

  std::size_t copy(std::size_t, std::size_t, std::size_t tokens) override { return tokens; }
  void truncate(std::size_t, std::size_t) override {}

  Result<std::vector<SampledToken>> step(std::span<const BatchItem> batch) override {
    if (!script_.is_free_running) script_.steps.acquire();
    if (script_.step++ == script_.fail_at_step) return fail(ErrorCode::Internal, "the fake failed");
    std::vector<SampledToken> sampled;
    for (const BatchItem& item : batch) {
      if (!item.wants_token) continue;
      const Token next = item.token + 1;
      sampled.push_back({.slot = item.slot, .token = next, .is_end = next == 99, .bytes = std::to_string(next) + " "});
    }
    return sampled;
  }

 private:
  Script& script_;
};

class StepLoopTest : public ::testing::Test {
 protected:
  void start(SlotScheduler::Limits limits, std::size_t max_waiting = 100) {
    loop_.emplace(std::make_unique<FakeDecoder>(script_), limits, max_waiting, StepLoop::Drafting{});
  }
  LlmEngine::Id submit(std::vector<Token> prompt, std::shared_ptr<RecordingSink> sink, Sampling sampling = {}) {
    return loop_->submit({.prompt = std::move(prompt), .sampling = sampling, .sink = std::move(sink)}).value();
  }
  void allow_steps(int count) { script_.steps.release(count); }

  FakeDecoder::Script script_;
  std::optional<StepLoop> loop_;
};

TEST_F(StepLoopTest, GeneratesUntilMaxTokens) {
  start({.slots = 2});
  auto sink = std::make_shared<RecordingSink>();
  allow_steps(100);
  submit({1, 2, 10}, sink, {.max_tokens = 3});
  const auto outcome = sink->wait();
  EXPECT_EQ(outcome.text, "11 12 13 ");
  EXPECT_EQ(outcome.reason, FinishReason::Length);
  EXPECT_EQ(outcome.usage.prompt_tokens, 3U);
  EXPECT_EQ(outcome.usage.completion_tokens, 3U);
}

TEST_F(StepLoopTest, EndTokenStops) {
  start({.slots = 1});
  auto sink = std::make_shared<RecordingSink>();
  allow_steps(100);
  submit({97}, sink, {.max_tokens = 50});
  const auto outcome = sink->wait();
  EXPECT_EQ(outcome.text, "98 ");
  EXPECT_EQ(outcome.reason, FinishReason::Stop);
}

TEST_F(StepLoopTest, AFullContextEndsWithLength) {
  start({.slots = 1, .context = 4});
  auto sink = std::make_shared<RecordingSink>();
  allow_steps(100);
  submit({1, 2}, sink, {.max_tokens = 50});
  const auto outcome = sink->wait();
  EXPECT_EQ(outcome.reason, FinishReason::Length);
  EXPECT_EQ(outcome.usage.completion_tokens, 3U);  // the last one is never computed, so it needs no room
}

TEST_F(StepLoopTest, MoreRequestsThanSlotsAllFinish) {
  start({.slots = 2});
  allow_steps(1000);
  std::vector<std::shared_ptr<RecordingSink>> sinks;
  for (Token i = 0; i < 7; ++i) {
    sinks.push_back(std::make_shared<RecordingSink>());
    submit({i * 1000}, sinks.back(), {.max_tokens = 5});
  }
  for (std::size_t i = 0; i < sinks.size(); ++i) {
    const auto outcome = sinks[i]->wait();
    EXPECT_EQ(outcome.tokens, 5U);
    EXPECT_EQ(outcome.finishes, 1);
  }
}

TEST_F(StepLoopTest, CancelFreesTheSlotOfARunningRequest) {
  start({.slots = 1});
  auto first = std::make_shared<RecordingSink>(), second = std::make_shared<RecordingSink>();
  const auto id = submit({1}, first, {.max_tokens = 1000});
  allow_steps(2);
  first->wait_for_tokens(2);
  submit({500}, second, {.max_tokens = 2});
  loop_->cancel(id);
  allow_steps(3);  // at most one more step of the first, then two of the second
  EXPECT_EQ(first->wait().reason, FinishReason::Cancelled);
  EXPECT_LE(first->wait().tokens, 3U);
  EXPECT_EQ(second->wait().text, "501 502 ");
}

TEST_F(StepLoopTest, CancelRemovesAWaitingRequestAndNoOther) {
  start({.slots = 1});
  auto running = std::make_shared<RecordingSink>(), waiting = std::make_shared<RecordingSink>();
  submit({1}, running, {.max_tokens = 4});
  const auto id = submit({7}, waiting, {.max_tokens = 4});
  loop_->cancel(id);
  allow_steps(4);
  EXPECT_EQ(waiting->wait().reason, FinishReason::Cancelled);
  EXPECT_EQ(waiting->wait().tokens, 0U);
  EXPECT_EQ(running->wait().reason, FinishReason::Length);
}

TEST_F(StepLoopTest, CancelDuringPrefillStopsIt) {
  start({.slots = 1, .context = 100, .batch = 2});
  auto sink = std::make_shared<RecordingSink>();
  const auto id = submit(std::vector<Token>(50, 1), sink, {.max_tokens = 4});
  allow_steps(1);
  loop_->cancel(id);
  allow_steps(1);
  EXPECT_EQ(sink->wait().reason, FinishReason::Cancelled);
  EXPECT_LE(script_.step, 2);
}

TEST_F(StepLoopTest, CancellingAnEndedRequestDoesNothing) {
  start({.slots = 1});
  allow_steps(100);
  auto first = std::make_shared<RecordingSink>(), second = std::make_shared<RecordingSink>();
  const auto id = submit({1}, first, {.max_tokens = 1});
  first->wait();
  loop_->cancel(id);
  loop_->cancel(12345);
  submit({1}, second, {.max_tokens = 3});
  EXPECT_EQ(second->wait().reason, FinishReason::Length);
  EXPECT_EQ(first->wait().finishes, 1);
}

TEST_F(StepLoopTest, AFailedStepEndsItsRequestsAndTheLoopGoesOn) {
  script_.fail_at_step = 1;
  start({.slots = 1});
  allow_steps(100);
  auto first = std::make_shared<RecordingSink>(), second = std::make_shared<RecordingSink>();
  submit({1}, first, {.max_tokens = 5});
  const auto outcome = first->wait();
  EXPECT_EQ(outcome.reason, FinishReason::Error);
  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->message, "the fake failed");
  submit({1}, second, {.max_tokens = 5});
  EXPECT_EQ(second->wait().text, "2 3 4 5 6 ");
  EXPECT_EQ(second->wait().usage.cached_tokens, 0U);
}

TEST_F(StepLoopTest, RepeatedPromptsUseTheCache) {
  start({.slots = 1});
  allow_steps(100);
  auto first = std::make_shared<RecordingSink>(), second = std::make_shared<RecordingSink>();
  submit({1, 2, 3, 4}, first, {.max_tokens = 2});
  first->wait();
  submit({1, 2, 3, 4}, second, {.max_tokens = 2});
  EXPECT_EQ(second->wait().usage.cached_tokens, 3U);
  EXPECT_EQ(second->wait().text, first->wait().text);
  EXPECT_EQ(loop_->load().cached_tokens, 3U);
}

TEST_F(StepLoopTest, ReportsWhatTheModelKeptAsCached) {
  script_.keep_at_most = 1;
  start({.slots = 1});
  allow_steps(100);
  auto first = std::make_shared<RecordingSink>(), second = std::make_shared<RecordingSink>();
  submit({1, 2, 3, 4}, first, {.max_tokens = 2});
  first->wait();
  submit({1, 2, 3, 4}, second, {.max_tokens = 2});
  EXPECT_EQ(second->wait().usage.cached_tokens, 1U);
}

TEST_F(StepLoopTest, RefusesMoreThanMaxWaiting) {
  start({.slots = 1}, 1);
  auto sinks = std::vector<std::shared_ptr<RecordingSink>>(2, nullptr);
  for (auto& sink : sinks) sink = std::make_shared<RecordingSink>();
  submit({1}, sinks[0], {.max_tokens = 2});
  allow_steps(1);
  sinks[0]->wait_for_tokens(1);  // it has the slot
  submit({2}, sinks[1], {.max_tokens = 1});
  const auto refused = loop_->submit({.prompt = {3}, .sampling = {}, .sink = std::make_shared<RecordingSink>()});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::Overloaded);
  allow_steps(10);
  sinks[1]->wait();
}

TEST_F(StepLoopTest, DestructionCancelsWhatIsLeft) {
  start({.slots = 1, .context = 1 << 30});
  auto running = std::make_shared<RecordingSink>(), waiting = std::make_shared<RecordingSink>();
  submit({1000}, running, {.max_tokens = 1 << 30});
  submit({2000}, waiting, {.max_tokens = 1 << 30});
  allow_steps(1);
  running->wait_for_tokens(1);
  script_.is_free_running = true;  // neither ends by itself
  allow_steps(1);
  loop_.reset();
  EXPECT_EQ(running->wait().reason, FinishReason::Cancelled);
  EXPECT_EQ(waiting->wait().reason, FinishReason::Cancelled);
}

TEST_F(StepLoopTest, CountsLoad) {
  start({.slots = 2, .context = 64});
  allow_steps(100);
  auto sink = std::make_shared<RecordingSink>();
  submit({1, 2, 3}, sink, {.max_tokens = 4});
  sink->wait();
  const auto load = loop_->load();
  EXPECT_EQ(load.running, 0U);
  EXPECT_EQ(load.waiting, 0U);
  EXPECT_EQ(load.prompt_tokens, 3U);
  EXPECT_EQ(load.generated_tokens, 4U);
  EXPECT_EQ(load.kv_tokens_total, 128U);
}

}  // namespace
}  // namespace manta::engines
