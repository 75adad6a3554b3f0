#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <thread>

#include "engines/engine.h"
#include "engines/utf8.h"
#include "integration/engines/models.h"
#include "unit/engines/recording_sink.h"

namespace manta::engines {
namespace {

Engine& llama() { return built_engine("llama"); }

std::unique_ptr<LlmEngine> model(EngineOptions options = {}) {
  options.insert({{"model", model_path("smollm2-135m")}, {"context", "512"}, {"slots", "2"}});
  auto engine = llama().make_llm(options);
  EXPECT_TRUE(engine) << engine.error().message;
  return std::move(*engine);
}

struct Started {
  LlmEngine::Id id;
  std::shared_ptr<RecordingSink> sink;
};

Started start(LlmEngine& engine, GenerationRequest request) {
  auto sink = std::make_shared<RecordingSink>();
  const auto id = engine.generate(std::move(request), sink);
  EXPECT_TRUE(id) << id.error().message;
  return {*id, sink};
}

RecordingSink::Outcome generate(LlmEngine& engine, GenerationRequest request) {
  return start(engine, std::move(request)).sink->wait();
}

Sampling greedy(int max_tokens) { return {.max_tokens = max_tokens, .temperature = 0}; }

std::string words(std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += "word ";
  return text;
}

TEST(LlamaEngineTest, CompletesAPrompt) {
  auto engine = model();
  const auto outcome = generate(*engine, {.prompt = "The capital of France is", .sampling = greedy(8)});
  EXPECT_TRUE(contains(outcome.text, "Paris")) << outcome.text;
  EXPECT_EQ(outcome.reason, FinishReason::Length);
  EXPECT_EQ(outcome.usage.prompt_tokens, engine->count_tokens("The capital of France is").value());
  EXPECT_EQ(outcome.usage.completion_tokens, 8U);
  EXPECT_EQ(outcome.tokens, 8U);
}

TEST(LlamaEngineTest, AnswersAConversationAndStopsByItself) {
  auto engine = model();
  const auto outcome = generate(
      *engine, {.messages = {{"system", "Answer in one short sentence."}, {"user", "What is the capital of France?"}},
                .sampling = greedy(200)});
  EXPECT_TRUE(contains(outcome.text, "Paris")) << outcome.text;
  EXPECT_FALSE(contains(outcome.text, "<|im_end|>")) << outcome.text;
  EXPECT_EQ(outcome.reason, FinishReason::Stop);
}

TEST(LlamaEngineTest, IgnoreEosGoesOnToMaxTokens) {
  auto engine = model();
  Sampling sampling = greedy(150);
  sampling.ignore_eos = true;
  const auto outcome = generate(*engine, {.messages = {{"user", "Say hi."}}, .sampling = sampling});
  EXPECT_EQ(outcome.usage.completion_tokens, 150U);
}

TEST(LlamaEngineTest, StopsAtAStopStringAcrossTokens) {
  auto engine = model();
  const std::string whole = generate(*engine, {.prompt = "One, two, three,", .sampling = greedy(24)}).text;
  ASSERT_GT(whole.size(), 14U);
  Sampling sampling = greedy(24);
  sampling.stop = {whole.substr(7, 6)};
  const auto outcome = generate(*engine, {.prompt = "One, two, three,", .sampling = sampling});
  EXPECT_EQ(outcome.text, whole.substr(0, whole.find(sampling.stop[0])));
  EXPECT_EQ(outcome.reason, FinishReason::Stop);
}

TEST(LlamaEngineTest, MoreRequestsThanSlotsAllFinish) {
  auto engine = model({{"slots", "3"}, {"batch", "32"}});
  std::vector<Started> requests;
  for (std::size_t i = 0; i < 8; ++i)
    requests.push_back(start(*engine, {.prompt = words(10 * i + 1) + "Once upon a time", .sampling = greedy(12)}));
  for (const Started& request : requests) {
    const auto outcome = request.sink->wait();
    EXPECT_FALSE(outcome.error) << outcome.error->message;
    EXPECT_EQ(outcome.finishes, 1);
    EXPECT_GT(outcome.tokens, 0U);
  }
  EXPECT_EQ(engine->load().running, 0U);
  EXPECT_EQ(engine->load().waiting, 0U);
}

TEST(LlamaEngineTest, PromptsInOneBatchDoNotMix) {
  auto engine = model({{"slots", "2"}});
  const Started france = start(*engine, {.prompt = "The capital of France is", .sampling = greedy(4)});
  const Started japan = start(*engine, {.prompt = "The capital of Japan is", .sampling = greedy(4)});
  EXPECT_TRUE(contains(france.sink->wait().text, "Paris")) << france.sink->wait().text;
  EXPECT_TRUE(contains(japan.sink->wait().text, "Tokyo")) << japan.sink->wait().text;
}

TEST(LlamaEngineTest, ASharedPrefixIsNotComputedAgain) {
  const std::string rules =
      "You answer questions about countries. Be brief and polite, give one sentence, and never guess. "
      "If the question is not about a country, say that you cannot help with it.";
  const auto ask = [&](LlmEngine& engine, const std::string& question) {
    return generate(engine, {.messages = {{"system", rules}, {"user", question}}, .sampling = greedy(12)});
  };
  auto cached = model({{"slots", "1"}}), plain = model({{"slots", "1"}, {"prefix_cache", "false"}});
  EXPECT_EQ(ask(*cached, "What is the capital of France?").usage.cached_tokens, 0U);
  const auto second = ask(*cached, "Which language do people speak in Japan?");
  EXPECT_GE(second.usage.cached_tokens, 30U);
  EXPECT_LT(second.usage.cached_tokens, second.usage.prompt_tokens);
  EXPECT_EQ(second.text, ask(*plain, "Which language do people speak in Japan?").text);
}

TEST(LlamaEngineTest, PrefixCacheCanBeOff) {
  auto engine = model({{"slots", "1"}, {"prefix_cache", "false"}});
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(generate(*engine, {.prompt = words(60), .sampling = greedy(2)}).usage.cached_tokens, 0U);
}

TEST(LlamaEngineTest, ASeedRepeatsASample) {
  auto engine = model({{"slots", "1"}, {"prefix_cache", "false"}});
  const auto sample = [&](std::uint64_t seed) {
    return generate(*engine, {.prompt = "My favourite animal is",
                              .sampling = {.max_tokens = 16,
                                           .temperature = 1.2,
                                           .top_p = 0.95,
                                           .top_k = 50,
                                           .min_p = 0.01,
                                           .presence_penalty = 0.5,
                                           .repeat_penalty = 1.1,
                                           .seed = seed,
                                           .has_seed = true}})
        .text;
  };
  EXPECT_EQ(sample(7), sample(7));
  EXPECT_NE(sample(7), sample(8));
}

TEST(LlamaEngineTest, PenaltiesKeepGreedyFromRepeating) {
  auto engine = model({{"slots", "1"}});
  const std::string prompt = "ha ha ha ha ha ha ha ha ha ha";
  const std::string plain = generate(*engine, {.prompt = prompt, .sampling = greedy(16)}).text;
  Sampling sampling = greedy(16);
  sampling.frequency_penalty = 2;
  sampling.repeat_penalty = 1.5;
  EXPECT_NE(generate(*engine, {.prompt = prompt, .sampling = sampling}).text, plain);
}

TEST(LlamaEngineTest, EveryPieceOfTextIsValidUtf8) {
  auto engine = model({{"slots", "1"}});
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    const auto outcome = generate(
        *engine,
        {.prompt = "東京 😀 Ünï",
         .sampling = {.max_tokens = 64, .temperature = 4, .seed = seed, .has_seed = true, .ignore_eos = true}});
    for (const std::string& piece : outcome.pieces) EXPECT_EQ(utf8_valid_prefix(piece), piece.size());
  }
}

TEST(LlamaEngineTest, RefusesAPromptLongerThanTheContextAndNamesBoth) {
  auto engine = model({{"context", "256"}});
  const auto refused = engine->generate({.prompt = words(300)}, std::make_shared<RecordingSink>());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::InvalidArgument);
  const std::string tokens = std::to_string(engine->count_tokens(words(300)).value());
  EXPECT_TRUE(contains(refused.error().message, "has " + tokens + " tokens, but the context holds 256"))
      << refused.error().message;
}

TEST(LlamaEngineTest, AFullContextEndsWithLength) {
  auto engine = model({{"context", "256"}, {"slots", "1"}});
  Sampling sampling = greedy(1000);
  sampling.ignore_eos = true;
  const auto outcome = generate(*engine, {.prompt = words(240), .sampling = sampling});
  EXPECT_EQ(outcome.reason, FinishReason::Length);
  EXPECT_EQ(outcome.usage.prompt_tokens + outcome.usage.completion_tokens, 257U);
  EXPECT_FALSE(outcome.error);
}

TEST(LlamaEngineTest, APromptThatFillsTheContextYieldsOneToken) {
  auto engine = model({{"context", "256"}, {"slots", "1"}});
  std::size_t count = 256;
  while (engine->count_tokens(words(count)).value() > 256) --count;
  ASSERT_EQ(engine->count_tokens(words(count)).value(), 256U);
  const auto outcome = generate(*engine, {.prompt = words(count), .sampling = greedy(9)});
  EXPECT_EQ(outcome.usage.completion_tokens, 1U);
}

TEST(LlamaEngineTest, CancelFreesTheSlotOfARunningRequest) {
  auto engine = model({{"slots", "1"}});
  Sampling sampling = greedy(400);
  sampling.ignore_eos = true;
  const Started running = start(*engine, {.prompt = "Once", .sampling = sampling});
  const Started waiting = start(*engine, {.prompt = "The capital of France is", .sampling = greedy(4)});
  running.sink->wait_for_tokens(3);
  engine->cancel(running.id);
  EXPECT_EQ(running.sink->wait().reason, FinishReason::Cancelled);
  EXPECT_LT(running.sink->wait().tokens, 400U);
  EXPECT_TRUE(contains(waiting.sink->wait().text, "Paris"));
}

TEST(LlamaEngineTest, CancelReachesAQueuedRequest) {
  auto engine = model({{"slots", "1"}});
  Sampling sampling = greedy(40);
  sampling.ignore_eos = true;
  const Started running = start(*engine, {.prompt = "Once", .sampling = sampling});
  const Started queued = start(*engine, {.prompt = "Never", .sampling = greedy(4)});
  engine->cancel(queued.id);
  EXPECT_EQ(queued.sink->wait().reason, FinishReason::Cancelled);
  EXPECT_EQ(queued.sink->wait().tokens, 0U);
  EXPECT_EQ(running.sink->wait().tokens, 40U);
}

TEST(LlamaEngineTest, CancelReachesARequestInPrefill) {
  auto engine = model({{"slots", "1"}, {"batch", "8"}});
  const Started prefilling = start(*engine, {.prompt = words(400), .sampling = greedy(4)});
  while (engine->load().steps < 2) std::this_thread::yield();
  engine->cancel(prefilling.id);
  EXPECT_EQ(prefilling.sink->wait().reason, FinishReason::Cancelled);
  EXPECT_EQ(prefilling.sink->wait().tokens, 0U);
  EXPECT_LT(engine->load().steps, 50U);
}

TEST(LlamaEngineTest, DestructionCancelsWhatRuns) {
  auto engine = model();
  Sampling sampling = greedy(400);
  sampling.ignore_eos = true;
  const Started running = start(*engine, {.prompt = "Once", .sampling = sampling});
  engine.reset();
  EXPECT_EQ(running.sink->wait().reason, FinishReason::Cancelled);
}

TEST(LlamaEngineTest, RefusesInvalidUtf8) {
  const auto refused = model()->generate({.prompt = "bro\xFFken"}, std::make_shared<RecordingSink>());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::InvalidArgument);
}

TEST(LlamaModelTest, AMissingFileIsNamed) {
  const auto missing = llama().make_llm({{"model", "/nowhere/model.gguf"}});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::NotFound);
  EXPECT_EQ(missing.error().message, "no GGUF model at /nowhere/model.gguf; set the option 'model'");
}

TEST(LlamaModelTest, ACorruptFileIsNamedWithLlamaCppsReason) {
  const ScratchFolder folder;
  std::ofstream(folder.file("model.gguf")) << "this is not a GGUF file, whatever its name says";
  const auto corrupt = llama().make_llm({{"model", folder.path()}});
  ASSERT_FALSE(corrupt);
  EXPECT_EQ(corrupt.error().code, ErrorCode::InvalidArgument);
  EXPECT_TRUE(contains(corrupt.error().message, folder.file("model.gguf") + " cannot be loaded as a GGUF model: "))
      << corrupt.error().message;
  EXPECT_FALSE(corrupt.error().message.ends_with(": ")) << corrupt.error().message;
}

// A copy of the model with its first `size` bytes, in which `from` is replaced by `to` of equal length once.
void copy_model(const std::string& to_file, std::size_t size, const std::string& from = "",
                const std::string& to = "") {
  const std::string path = model_path("smollm2-135m/model.gguf");
  std::string bytes(std::min<std::size_t>(size, std::filesystem::file_size(path)), '\0');
  std::ifstream(path, std::ios::binary).read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!from.empty()) bytes.replace(bytes.find(from), from.size(), to);
  std::ofstream(to_file, std::ios::binary) << bytes;
}

TEST(LlamaModelTest, ATruncatedFileIsNamedWithLlamaCppsReason) {
  const ScratchFolder folder;
  copy_model(folder.file("model.gguf"), 20 << 20);
  const auto corrupt = llama().make_llm({{"model", folder.path()}});
  ASSERT_FALSE(corrupt);
  EXPECT_TRUE(contains(corrupt.error().message, folder.file("model.gguf"))) << corrupt.error().message;
  EXPECT_FALSE(corrupt.error().message.ends_with(": ")) << corrupt.error().message;
}

TEST(LlamaModelTest, AModelWithoutAChatTemplateRefusesMessagesOnly) {
  const ScratchFolder folder;
  copy_model(folder.file("model.gguf"), 1 << 30, "tokenizer.chat_template", "tokenizer.no_template__");
  auto engine = model({{"model", folder.path()}});
  const auto refused = engine->generate({.messages = {{"user", "hi"}}}, std::make_shared<RecordingSink>());
  ASSERT_FALSE(refused);
  EXPECT_TRUE(contains(refused.error().message, "has no chat template")) << refused.error().message;
  EXPECT_EQ(generate(*engine, {.prompt = "The", .sampling = greedy(2)}).tokens, 2U);
}

TEST(LlamaModelTest, RefusesAContextTheModelWasNotTrainedFor) {
  const auto refused = llama().make_llm({{"model", model_path("smollm2-135m")}, {"context", "100000"}});
  ASSERT_FALSE(refused);
  EXPECT_TRUE(contains(refused.error().message, "trained for 8192 tokens")) << refused.error().message;
}

TEST(LlamaModelTest, RefusesUnknownOptions) {
  const auto refused = llama().make_llm({{"model", "x"}, {"n_threads", "2"}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "llama: unknown option 'n_threads'; did you mean 'threads'?");
}

}  // namespace
}  // namespace manta::engines
