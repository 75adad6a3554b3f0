// What the llama engine saves must not show in the text: drafts that are checked several at once, prompts that are
// computed in parts beside running texts, and prefixes that are copied between slots. The decoder and the loop of the
// engine itself, with a clock that makes drafts seem free, so that there are many.
#include <gtest/gtest.h>

#include <atomic>
#include <span>

#include "engines/generation/step_loop.h"
#include "engines/llama/decode_parts.h"
#include "engines/llama/llama_decoder.h"
#include "engines/llama/log_capture.h"
#include "engines/llama/model.h"
#include "integration/engines/models.h"
#include "unit/engines/recording_sink.h"

namespace manta::engines::llama {
namespace {

constexpr const char* kPassages[] = {
    "The lease of the warehouse in Rotterdam ends on 30 June 2027. The tenant may extend it twice, each time by two "
    "years, by a letter that reaches the landlord six months before the end. The rent rises with the consumer price "
    "index, but by no more than four percent a year.",
    "Photosynthesis turns light, water and carbon dioxide into sugar and oxygen. It takes place in the chloroplasts "
    "of plant cells, where chlorophyll absorbs mostly red and blue light and reflects green.",
    "std::vector<int> numbers = {3, 1, 2};\nstd::sort(numbers.begin(), numbers.end());\nfor (int number : numbers) "
    "std::cout << number << '\\n';",
    "Invoice 4711. Item: 12 steel brackets, 4.50 each, 54.00. Item: 3 oak boards, 20.00 each, 60.00. Sum: 114.00. "
    "Payable within 14 days to the account given below."};
constexpr const char* kTasks[] = {"Repeat the text above word by word.", "Answer with a quotation from the text.",
                                  "Summarize the text in one sentence.", "Write a poem about something else."};

std::vector<std::string> prompts() {
  std::vector<std::string> all;
  for (const char* passage : kPassages)
    for (const char* task : kTasks)
      all.push_back(std::string("<|im_start|>user\n") + passage + "\n\n" + task +
                    "<|im_end|>\n<|im_start|>assistant\n");
  return all;
}

// All passages, in two orders, before two tasks each: long enough that a prefix is of use where what is left is
// computed in tiles.
std::vector<std::string> long_prompts() {
  std::vector<std::string> all;
  for (std::size_t first = 0; first < 2; ++first) {
    std::string passages;
    for (std::size_t i = 0; i < std::size(kPassages); ++i)
      passages += std::string(kPassages[(first + i) % std::size(kPassages)]) + "\n\n";
    for (const char* task : std::span(kTasks).first(2))
      all.push_back("<|im_start|>user\n" + passages + task + "<|im_end|>\n<|im_start|>assistant\n");
  }
  return all;
}

// Every step seems to take the same time, however many tokens it has.
double free_tokens() {
  static std::atomic<int> calls = 0;
  return ++calls;
}

class LlamaReuseTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    static LogCapture log;
    log_ = &log;
    auto model = Model::load({.path = model_path("smollm2-135m")}, log);
    ASSERT_TRUE(model) << model.error().message;
    model_ = std::move(*model);
  }
  static void TearDownTestSuite() { model_.reset(); }

  struct Setup {
    std::size_t slots = 1, drafts = 0;
    bool prefix_cache = false;
    std::size_t prefill_chunk = 512;
  };
  // All prompts, submitted together.
  std::vector<RecordingSink::Outcome> generate(const Setup& setup, const std::vector<std::string>& texts,
                                               const Sampling& sampling) {
    auto decoder =
        LlamaDecoder::create(*model_, {.slots = setup.slots, .context = 512, .draft_tokens = setup.drafts}, *log_);
    EXPECT_TRUE(decoder) << decoder.error().message;
    StepLoop loop(std::move(*decoder),
                  {.slots = setup.slots,
                   .context = 512,
                   .prefill_chunk = setup.prefill_chunk,
                   .least_part = kTiled,
                   .prefix_cache = setup.prefix_cache,
                   .exact_reuse = true},
                  100, {.tokens = setup.drafts, .seconds = free_tokens});
    std::vector<std::shared_ptr<RecordingSink>> sinks;
    for (const std::string& text : texts) {
      sinks.push_back(std::make_shared<RecordingSink>());
      EXPECT_TRUE(loop.submit({.prompt = model_->tokenize(text).value(), .sampling = sampling, .sink = sinks.back()}));
    }
    std::vector<RecordingSink::Outcome> outcomes;
    for (const auto& sink : sinks) outcomes.push_back(sink->wait());
    load_ = loop.load();
    return outcomes;
  }

  static void expect_equal(const std::vector<RecordingSink::Outcome>& plain,
                           const std::vector<RecordingSink::Outcome>& other) {
    for (std::size_t i = 0; i < plain.size(); ++i) {
      EXPECT_EQ(other[i].text, plain[i].text) << i;
      EXPECT_EQ(other[i].reason, plain[i].reason) << i;
      EXPECT_EQ(other[i].usage.completion_tokens, plain[i].usage.completion_tokens) << i;
    }
  }

  static LogCapture* log_;
  static std::unique_ptr<Model> model_;
  LlmEngine::Load load_;
};

LogCapture* LlamaReuseTest::log_ = nullptr;
std::unique_ptr<Model> LlamaReuseTest::model_;

constexpr int kTokens = 48;

TEST_F(LlamaReuseTest, DraftsLeaveGreedyTextAsItIs) {
  const Sampling greedy{.max_tokens = kTokens, .temperature = 0};
  const auto plain = generate({}, prompts(), greedy);
  const auto steps = load_.steps;
  const auto drafted = generate({.drafts = 15}, prompts(), greedy);
  expect_equal(plain, drafted);
  EXPECT_GT(load_.accepted_tokens, 50U);
  EXPECT_GT(load_.drafted_tokens, load_.accepted_tokens);  // wrong ones were there, too
  EXPECT_LT(load_.steps, steps);
  const auto together = generate({.slots = 2, .drafts = 30}, prompts(), greedy);
  expect_equal(plain, together);
  EXPECT_GT(load_.accepted_tokens, 20U);
}

TEST_F(LlamaReuseTest, DraftsLeaveSampledTextAsItIs) {
  const Sampling sampling{.max_tokens = kTokens,
                          .temperature = 0.4,
                          .top_p = 0.95,
                          .frequency_penalty = 0.1,
                          .repeat_penalty = 1.05,
                          .seed = 11,
                          .has_seed = true};
  const auto plain = generate({}, prompts(), sampling);
  const auto drafted = generate({.drafts = 15}, prompts(), sampling);
  expect_equal(plain, drafted);
  EXPECT_GT(load_.accepted_tokens, 20U);
}

TEST_F(LlamaReuseTest, StopStringsAndMaxTokensEndTextInsideADraft) {
  const std::vector<std::string> one = {prompts().front()};
  const std::string whole = generate({}, one, {.max_tokens = kTokens, .temperature = 0}).front().text;
  ASSERT_GT(whole.size(), 100U);
  for (std::size_t at = 40; at + 12 < whole.size(); at += 37) {
    const Sampling stopping{.max_tokens = kTokens, .temperature = 0, .stop = {whole.substr(at, 12)}};
    expect_equal(generate({}, one, stopping), generate({.drafts = 15}, one, stopping));
  }
  for (int tokens = 20; tokens < 60; tokens += 7) {
    const Sampling limited{.max_tokens = tokens, .temperature = 0};
    expect_equal(generate({}, one, limited), generate({.drafts = 15}, one, limited));
  }
}

TEST_F(LlamaReuseTest, PrefixesOfOtherSlotsLeaveTextAsItIs) {
  const Sampling greedy{.max_tokens = 24, .temperature = 0};
  const auto plain = generate({}, long_prompts(), greedy);
  const auto reused = generate({.slots = 4, .drafts = 15, .prefix_cache = true}, long_prompts(), greedy);
  expect_equal(plain, reused);
  // Two prompts share the passages in each order. The second computes what is left for tiles.
  std::size_t shared = 0;
  for (const char* passage : kPassages) shared += model_->tokenize(passage).value().size();
  EXPECT_GE(load_.cached_tokens, 2 * (shared - kTiled));
  EXPECT_LT(load_.prompt_tokens + load_.cached_tokens, load_.queried_tokens + 1);
}

TEST_F(LlamaReuseTest, PromptsComputedInPartsBesideRunningTextsLeaveTextAsItIs) {
  const Sampling greedy{.max_tokens = 24, .temperature = 0};
  const auto plain = generate({}, long_prompts(), greedy);
  const auto steps = load_.steps;
  const auto beside = generate({.slots = 3, .drafts = 15, .prefill_chunk = kTiled}, long_prompts(), greedy);
  expect_equal(plain, beside);
  EXPECT_GT(load_.steps, steps / 3);
}

}  // namespace
}  // namespace manta::engines::llama
