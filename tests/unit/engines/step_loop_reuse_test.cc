#include <gtest/gtest.h>

#include <optional>
#include <thread>

#include "engines/generation/step_loop.h"
#include "unit/engines/recording_sink.h"

namespace manta::engines {
namespace {

// A model whose next token follows from the two before it and soon repeats. It keeps the KV of every slot, so a token
// at a wrong place or behind a wrong one is seen.
class KeepingDecoder final : public Decoder {
 public:
  struct Counts {
    std::atomic<std::size_t> computed = 0, copies = 0, misplaced = 0;
  };
  KeepingDecoder(Counts& counts, std::size_t slots) : counts_(counts), kv_(slots), sampled_(slots) {}

  std::size_t start(std::size_t slot, const PendingGeneration&, std::size_t kept) override {
    kv_[slot].resize(kept);
    return kept;
  }
  std::size_t copy(std::size_t from, std::size_t to, std::size_t tokens) override {
    ++counts_.copies;
    kv_[to] = kv_[from];
    kv_[to].resize(tokens);
    return tokens;
  }
  void truncate(std::size_t slot, std::size_t held) override { kv_[slot].resize(held); }

  Result<std::vector<SampledToken>> step(std::span<const BatchItem> batch) override {
    std::vector<SampledToken> sampled;
    for (const BatchItem& item : batch) {
      std::vector<Token>& kv = kv_[item.slot];
      if (item.position != kv.size()) ++counts_.misplaced;
      kv.push_back(item.token);
      ++counts_.computed;
      std::optional<Token>& last = sampled_[item.slot];
      if (!item.wants_token || (item.is_draft && last != item.token)) {
        last.reset();
        continue;
      }
      last = kv.size() < 2 ? 1 : (kv[kv.size() - 2] * 3 + kv.back()) % 7;
      sampled.push_back({item.slot, *last, false, std::to_string(*last)});
    }
    return sampled;
  }

 private:
  Counts& counts_;
  std::vector<std::vector<Token>> kv_;
  std::vector<std::optional<Token>> sampled_;
};

class StepLoopReuseTest : public ::testing::Test {
 protected:
  static constexpr double no_clock() { return 0; }

  // Texts of prompts that are submitted together.
  std::vector<RecordingSink::Outcome> generate(std::size_t draft_tokens, const std::vector<std::vector<Token>>& prompts,
                                               const Sampling& sampling, SlotScheduler::Limits limits) {
    StepLoop loop(std::make_unique<KeepingDecoder>(counts_, limits.slots), limits, 100,
                  {.tokens = draft_tokens, .seconds = no_clock});
    std::vector<std::shared_ptr<RecordingSink>> sinks;
    for (const auto& prompt : prompts) {
      sinks.push_back(std::make_shared<RecordingSink>());
      EXPECT_TRUE(loop.submit({.prompt = prompt, .sampling = sampling, .sink = sinks.back()}));
    }
    std::vector<RecordingSink::Outcome> outcomes;
    for (const auto& sink : sinks) outcomes.push_back(sink->wait());
    while (loop.load().running > 0) std::this_thread::yield();
    load_ = loop.load();
    return outcomes;
  }

  KeepingDecoder::Counts counts_;
  LlmEngine::Load load_;
};

constexpr SlotScheduler::Limits kOneSlot{.slots = 1, .context = 400};

TEST_F(StepLoopReuseTest, DraftsChangeNothingButTheNumberOfSteps) {
  const Sampling sampling{.max_tokens = 200};
  const auto plain = generate(0, {{3, 5}}, sampling, kOneSlot).front();
  const auto steps = load_.steps;
  EXPECT_EQ(load_.drafted_tokens, 0U);
  const auto drafted = generate(8, {{3, 5}}, sampling, kOneSlot).front();
  EXPECT_EQ(drafted.text, plain.text);
  EXPECT_EQ(drafted.usage.completion_tokens, 200U);
  EXPECT_EQ(drafted.reason, plain.reason);
  EXPECT_LT(load_.steps, steps / 2);
  EXPECT_GT(load_.accepted_tokens, 100U);
  EXPECT_LE(load_.accepted_tokens, load_.drafted_tokens);
  EXPECT_EQ(load_.generated_tokens, 200U);
  EXPECT_EQ(load_.prompt_tokens, 2U);
  EXPECT_EQ(counts_.misplaced, 0U);
}

TEST_F(StepLoopReuseTest, ADraftIsNotLongerThanWhatMayBeGenerated) {
  for (int max_tokens = 1; max_tokens < 90; ++max_tokens) {
    const auto outcome = generate(8, {{3, 5}}, {.max_tokens = max_tokens}, kOneSlot).front();
    EXPECT_EQ(outcome.usage.completion_tokens, static_cast<std::size_t>(max_tokens));
    EXPECT_EQ(load_.generated_tokens, static_cast<std::uint64_t>(max_tokens));
    EXPECT_LE(load_.steps + load_.accepted_tokens, static_cast<std::uint64_t>(max_tokens));
  }
  EXPECT_EQ(counts_.misplaced, 0U);
}

TEST_F(StepLoopReuseTest, AStopStringInsideADraftEndsTheText) {
  const std::string whole = generate(0, {{3, 5}}, {.max_tokens = 200}, kOneSlot).front().text;
  for (std::size_t size = 8; size < 80; size += 9) {
    const Sampling sampling{.max_tokens = 200, .stop = {whole.substr(size, 60)}};
    const auto plain = generate(0, {{3, 5}}, sampling, kOneSlot).front();
    const auto drafted = generate(8, {{3, 5}}, sampling, kOneSlot).front();
    EXPECT_EQ(drafted.text, plain.text);
    EXPECT_EQ(drafted.reason, FinishReason::Stop);
    EXPECT_EQ(drafted.usage.completion_tokens, plain.usage.completion_tokens);
  }
  EXPECT_EQ(counts_.misplaced, 0U);
}

TEST_F(StepLoopReuseTest, AFullContextEndsADraftedTextWhereItEndsAPlainOne) {
  const SlotScheduler::Limits limits{.slots = 1, .context = 101};
  const auto plain = generate(0, {{3, 5}}, {.max_tokens = 500}, limits).front();
  const auto drafted = generate(8, {{3, 5}}, {.max_tokens = 500}, limits).front();
  EXPECT_EQ(drafted.text, plain.text);
  EXPECT_EQ(drafted.usage.completion_tokens, plain.usage.completion_tokens);
  EXPECT_EQ(counts_.misplaced, 0U);
}

TEST_F(StepLoopReuseTest, SeveralSlotsDraftSideBySide) {
  std::vector<std::vector<Token>> prompts;
  for (Token i = 0; i < 20; ++i) prompts.push_back({i % 7, i % 5, i % 3, 4});
  const SlotScheduler::Limits limits{.slots = 3, .context = 400, .least_copy = 2};
  const auto plain = generate(0, prompts, {.max_tokens = 120}, {.slots = 1, .context = 400, .prefix_cache = false});
  const auto drafted = generate(32, prompts, {.max_tokens = 120}, limits);
  for (std::size_t i = 0; i < prompts.size(); ++i) EXPECT_EQ(drafted[i].text, plain[i].text) << i;
  EXPECT_GT(load_.accepted_tokens, 0U);
  EXPECT_EQ(counts_.misplaced, 0U);
}

TEST_F(StepLoopReuseTest, ASharedPrefixIsComputedOnceForAllThatAskTogether) {
  std::vector<std::vector<Token>> prompts;
  for (Token i = 0; i < 4; ++i) {
    prompts.emplace_back(300, 5);
    prompts.back().push_back(i);
  }
  const Sampling sampling{.max_tokens = 10};
  const auto plain = generate(0, prompts, sampling, {.slots = 4, .context = 400, .batch = 64, .prefix_cache = false});
  EXPECT_EQ(counts_.copies, 0U);
  counts_.computed = 0;
  const auto shared = generate(0, prompts, sampling, {.slots = 4, .context = 400, .batch = 64});
  for (std::size_t i = 0; i < prompts.size(); ++i) EXPECT_EQ(shared[i].text, plain[i].text);
  std::size_t cached = 0;
  for (const auto& outcome : shared) cached += outcome.usage.cached_tokens;
  EXPECT_GE(cached, 3U * 290);  // those that came while the first was computed
  EXPECT_EQ(load_.cached_tokens, cached);
  EXPECT_EQ(load_.queried_tokens, 4U * 301);
  EXPECT_LT(counts_.computed, 400U);
  EXPECT_EQ(counts_.misplaced, 0U);
}

TEST_F(StepLoopReuseTest, ConversationsKeepTheirSlots) {
  const SlotScheduler::Limits limits{.slots = 2, .context = 400, .least_copy = 8};
  StepLoop loop(std::make_unique<KeepingDecoder>(counts_, 2), limits, 100, StepLoop::Drafting{});
  const auto ask = [&](Token who, std::size_t turns) {
    std::vector<Token> prompt(50, 5);
    prompt.insert(prompt.end(), turns * 30, who);
    auto sink = std::make_shared<RecordingSink>();
    EXPECT_TRUE(loop.submit({.prompt = prompt, .sampling = {.max_tokens = 1}, .sink = sink}));
    return sink->wait().usage.cached_tokens;
  };
  EXPECT_EQ(ask(1, 1), 0U);
  EXPECT_EQ(ask(2, 1), 50U);  // a copy of the beginning that they share
  EXPECT_EQ(ask(1, 2), 80U);
  EXPECT_EQ(ask(2, 2), 80U);
  EXPECT_EQ(counts_.copies, 1U);
  EXPECT_EQ(counts_.misplaced, 0U);
}

}  // namespace
}  // namespace manta::engines
