#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "engines/engine.h"
#include "unit/engines/recording_sink.h"

// The sim engine as its users get it: loaded from its shared object. No intervals, so no test waits for a clock.
namespace manta::engines {
namespace {

Engine& sim() { return *load_engine("sim", MANTA_BINARY_DIR "/lib/manta/engines").value(); }

std::unique_ptr<LlmEngine> llm(EngineOptions options = {}) {
  options.insert({{"ttft_ms", "0"}, {"itl_ms", "0"}});
  return sim().make_llm(options).value();
}

RecordingSink::Outcome generate(LlmEngine& engine, GenerationRequest request) {
  auto sink = std::make_shared<RecordingSink>();
  engine.generate(std::move(request), sink).value();
  return sink->wait();
}

float dot(std::span<const float> a, std::span<const float> b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0F);
}

TEST(SimLlmTest, TextFollowsFromPromptAndSeed) {
  auto engine = llm();
  const auto once = generate(*engine, {.prompt = "a b c", .sampling = {.max_tokens = 12}});
  const auto again = generate(*engine, {.prompt = "a b c", .sampling = {.max_tokens = 12}});
  const auto other =
      generate(*engine, {.prompt = "a b c", .sampling = {.max_tokens = 12, .seed = 9, .has_seed = true}});
  EXPECT_EQ(once.text, again.text);
  EXPECT_NE(once.text, other.text);
  EXPECT_EQ(once.reason, FinishReason::Length);
  EXPECT_EQ(once.usage.prompt_tokens, 3U);
  EXPECT_EQ(once.tokens, 12U);
}

TEST(SimLlmTest, StopsAtAStopString) {
  auto engine = llm();
  const std::string whole = generate(*engine, {.prompt = "x", .sampling = {.max_tokens = 12}}).text;
  const std::string stop = whole.substr(whole.find(' ') + 1, 4);
  const auto stopped = generate(*engine, {.prompt = "x", .sampling = {.max_tokens = 12, .stop = {stop}}});
  EXPECT_EQ(stopped.text, whole.substr(0, whole.find(stop)));
  EXPECT_EQ(stopped.reason, FinishReason::Stop);
}

TEST(SimLlmTest, StopAfterEndsUnlessIgnoreEos) {
  auto engine = llm({{"stop_after", "3"}});
  EXPECT_EQ(generate(*engine, {.prompt = "x", .sampling = {.max_tokens = 9}}).reason, FinishReason::Stop);
  EXPECT_EQ(generate(*engine, {.prompt = "x", .sampling = {.max_tokens = 9, .ignore_eos = true}}).reason,
            FinishReason::Length);
}

TEST(SimLlmTest, EveryNthRequestFailsAfterSomeTokens) {
  auto engine = llm({{"fail_every", "2"}, {"fail_after", "3"}});
  EXPECT_EQ(generate(*engine, {.prompt = "x", .sampling = {.max_tokens = 9}}).reason, FinishReason::Length);
  const auto failed = generate(*engine, {.prompt = "x", .sampling = {.max_tokens = 9}});
  EXPECT_EQ(failed.reason, FinishReason::Error);
  EXPECT_EQ(failed.tokens, 3U);
  EXPECT_TRUE(failed.error);
}

TEST(SimLlmTest, RefusesAPromptLongerThanTheContext) {
  auto engine = llm({{"context", "4"}});
  const auto refused = engine->generate({.prompt = "1 2 3 4 5"}, std::make_shared<RecordingSink>());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "the prompt has 5 tokens, but the context holds 4; shorten it");
}

TEST(SimLlmTest, AFullContextEndsWithLength) {
  auto engine = llm({{"context", "6"}});
  const auto outcome = generate(*engine, {.prompt = "1 2 3 4", .sampling = {.max_tokens = 50}});
  EXPECT_EQ(outcome.reason, FinishReason::Length);
  EXPECT_EQ(outcome.usage.completion_tokens, 3U);
}

TEST(SimLlmTest, CancelEndsARunningAndAWaitingRequest) {
  auto engine = llm({{"slots", "1"}, {"ttft_ms", "3600000"}});  // never due: only cancel can end it
  auto running = std::make_shared<RecordingSink>(), waiting = std::make_shared<RecordingSink>();
  const auto first = engine->generate({.prompt = "x"}, running).value();
  const auto second = engine->generate({.prompt = "y"}, waiting).value();
  engine->cancel(second);
  EXPECT_EQ(waiting->wait().reason, FinishReason::Cancelled);
  engine->cancel(first);
  EXPECT_EQ(running->wait().reason, FinishReason::Cancelled);
}

TEST(SimLlmTest, ManyRequestsShareTheSlots) {
  auto engine = llm({{"slots", "2"}});
  std::vector<std::shared_ptr<RecordingSink>> sinks;
  for (int i = 0; i < 20; ++i) {
    sinks.push_back(std::make_shared<RecordingSink>());
    engine->generate({.prompt = std::to_string(i), .sampling = {.max_tokens = 7}}, sinks.back()).value();
  }
  for (const auto& sink : sinks) EXPECT_EQ(sink->wait().tokens, 7U);
  EXPECT_EQ(engine->load().generated_tokens, 140U);
}

TEST(SimEmbeddingTest, RowsHaveUnitLengthAndSharedWordsMakeThemNear) {
  auto engine = sim().make_embedding({{"dimensions", "64"}}).value();
  const std::vector<std::string> texts = {"the quick brown fox", "The quick brown dog", "entirely other words", ""};
  const Matrix matrix = engine->embed_texts(texts).value();
  EXPECT_EQ(matrix.rows, 4U);
  EXPECT_EQ(matrix.columns, 64U);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(dot(matrix.row(i), matrix.row(i)), 1, 1e-5);
  EXPECT_GT(dot(matrix.row(0), matrix.row(1)), dot(matrix.row(0), matrix.row(2)) + 0.2F);
}

TEST(SimEmbeddingTest, RefusesInvalidUtf8) {
  auto engine = sim().make_embedding({}).value();
  const std::vector<std::string> texts = {"fine", "\xFF"};
  const auto refused = engine->embed_texts(texts);
  EXPECT_EQ(refused.error().code, ErrorCode::InvalidArgument);
  EXPECT_EQ(refused.error().detail, "$[1]");
}

TEST(SimRerankTest, ScoresTheShareOfQueryWords) {
  auto engine = sim().make_rerank({}).value();
  const std::vector<RerankEngine::Pair> pairs = {
      {"blue whale", "a Blue whale swims"}, {"blue whale", "a blue car"}, {"", "x"}};
  EXPECT_EQ(engine->score_pairs(pairs).value(), (std::vector<float>{1, 0.5, 0}));
}

TEST(SimRerankTest, ReadsAPairUpToItsMostTokens) {
  auto engine = sim().make_rerank({{"max_tokens", "3"}}).value();
  const std::vector<RerankEngine::Pair> pairs = {{"blue whale", "a whale"}};
  const Tokens input = engine->tokenize(pairs).value().front();
  EXPECT_EQ(input.types, (std::vector<std::int64_t>{0, 0, 1}));
  EXPECT_EQ(engine->score(std::span(&input, 1)).value(), (std::vector<float>{0}));
}

TEST(SimRerankTest, EveryNthCallFails) {
  auto engine = sim().make_rerank({{"fail_every", "2"}}).value();
  EXPECT_TRUE(engine->score_pairs({}));
  EXPECT_FALSE(engine->score_pairs({}));
}

TEST(SimEngineTest, RefusesUnknownOptions) {
  EXPECT_EQ(sim().make_llm({{"ttft", "5"}}).error().message, "sim llm: unknown option 'ttft'; did you mean 'ttft_ms'?");
}

}  // namespace
}  // namespace manta::engines
