// The deployments with the sim engine inside.
#include <chrono>
#include <cmath>
#include <cstring>

#include <gmock/gmock.h>

#include <manta/application.h>
#include <manta/builtin/embed.h>
#include <manta/builtin/llm.h>
#include <manta/builtin/rerank.h>
#include <manta/testing.h>

#include "builtin/applications.h"

namespace manta::builtin {
namespace {

using manta::testing::LocalApp;
using ::testing::HasSubstr;

const std::map<std::string, std::string> kFast{{"ttft_ms", "0"}, {"itl_ms", "0"}};

LocalApp embed_app() {
  return LocalApp({.ingress = manta::bind<Embed>(EmbedOptions{.id = "sim-embed", .engine = "sim"})});
}
LocalApp llm_app() {
  return LocalApp({.ingress = manta::bind<Llm>(
                       LlmOptions{.id = "sim-llm", .engine = "sim", .context = 64, .engine_options = kFast})});
}

TEST(EmbedTest, EachTextIsARowOfUnitLength) {
  auto app = embed_app();
  const Embeddings made = app.handle<Embed>().call<&Embed::embed>(EmbedRequest{{"one two", "three"}}).get();
  ASSERT_EQ(made.vectors.shape, (std::vector<std::int64_t>{2, 32}));
  EXPECT_EQ(made.tokens, 3);
  std::vector<float> values(64);
  ASSERT_EQ(made.vectors.data.size(), 256u);
  std::memcpy(values.data(), made.vectors.data.data(), 256);
  double sum = 0;
  for (std::size_t i = 0; i < 32; ++i) sum += static_cast<double>(values[i]) * static_cast<double>(values[i]);
  EXPECT_NEAR(sum, 1, 1e-5);
}

TEST(EmbedTest, TextsOfMixedLengthsKeepTheirPlaces) {
  auto app = embed_app();
  auto embed = app.handle<Embed>();
  std::vector<std::string> texts;
  for (int i = 0; i < 100; ++i) {
    texts.push_back("text" + std::to_string(i));
    for (int word = 0; word < (i * 37) % 50; ++word) texts.back() += " word";
  }
  const auto made = embed.call<&Embed::call>(EmbedRequest{texts}).get();
  ASSERT_EQ(made.embeddings.size(), texts.size());
  for (const std::size_t i : {0U, 1U, 31U, 64U, 99U})
    EXPECT_EQ(made.embeddings[i], embed.call<&Embed::encode>(texts[i]).get()) << i;
}

TEST(EmbedTest, MuchTextIsEmbeddedLikeLittle) {
  auto app = embed_app();
  auto embed = app.handle<Embed>();
  const auto alone = embed.call<&Embed::encode>(std::string("one")).get();
  std::vector<std::string> texts(3000, "many words that are longer than the strand counts");
  texts.push_back("one");
  const Embeddings made = embed.call<&Embed::embed>(EmbedRequest{texts}).get();
  ASSERT_EQ(made.vectors.shape.at(0), 3001);
  std::vector<float> last(32);
  std::memcpy(last.data(), made.vectors.data.data() + 3000 * 32 * sizeof(float), 32 * sizeof(float));
  EXPECT_EQ(last, alone);
}

TEST(EmbedTest, NoTextsMakeNoRows) {
  auto app = embed_app();
  EXPECT_EQ(app.handle<Embed>().call<&Embed::embed>(EmbedRequest{}).get().vectors.shape,
            (std::vector<std::int64_t>{0, 32}));
}

TEST(EmbedTest, AnswersListsOverHttp) {
  auto app = embed_app();
  const HttpResponse response = app.post("/", R"({"texts": ["a"]})");
  EXPECT_EQ(response.status, 200);
  EXPECT_THAT(response.body, HasSubstr(R"("model":"sim-embed")"));
  EXPECT_EQ(app.post("/", R"({"texts": "a"})").status, 400);
}

TEST(RerankTest, TheBestComesFirstAndEqualOnesInTheirOrder) {
  LocalApp app({.ingress = manta::bind<Rerank>(RerankOptions{.engine = "sim"})});
  const Ranking ranking =
      app.handle<Rerank>()
          .call<&Rerank::rerank>(RerankRequest{.query = "cats purr", .documents = {"dogs bark", "cats purr", "x"}})
          .get();
  ASSERT_EQ(ranking.results.size(), 3u);
  EXPECT_EQ(ranking.results[0].index, 1);
  EXPECT_EQ(ranking.results[1].index, 0);
  EXPECT_EQ(app.handle<Rerank>().call<&Rerank::rerank>(RerankRequest{"a", {"a", "b"}, 1}).get().results.size(), 1u);
}

TEST(LlmTest, AStreamIsTheWholeTextInPieces) {
  auto app = llm_app();
  auto llm = app.handle<Llm>();
  const GenerateRequest request{.prompt = "hello there", .max_tokens = 9, .seed = 1};
  const Generation whole = llm.call<&Llm::generate>(request).get();
  EXPECT_EQ(whole.usage.prompt_tokens, 2);
  EXPECT_EQ(whole.usage.completion_tokens, 9);
  EXPECT_EQ(whole.finish_reason, "length");
  auto chunks = llm.stream<&Llm::stream>(request);
  std::string text;
  while (const auto chunk = chunks.next_blocking()) {
    text += chunk->text;
    if (!chunk->finish_reason.empty()) EXPECT_EQ(chunk->usage.completion_tokens, 9);
  }
  EXPECT_EQ(text, whole.text);
}

TEST(LlmTest, APromptThatIsTooLongIsTheRequestsFault) {
  auto app = llm_app();
  std::string words;
  for (int i = 0; i < 99; ++i) words += "w ";
  for (const std::string& prompt : {words, std::string(100'000, 'x')}) {
    try {
      app.handle<Llm>().call<&Llm::generate>(GenerateRequest{.prompt = prompt}).get();
      FAIL();
    } catch (const Exception& exception) {
      EXPECT_EQ(exception.code(), ErrorCode::InvalidArgument);
      EXPECT_THAT(exception.what(), HasSubstr("the context holds 64"));
    }
  }
}

TEST(LlmTest, ADroppedRequestFreesItsSequence) {
  LlmOptions options{
      .engine = "sim", .context = 1 << 20, .slots = 1, .engine_options = {{"ttft_ms", "0"}, {"itl_ms", "1"}}};
  LocalApp app({.ingress = manta::bind<Llm>(options)});
  auto llm = app.handle<Llm>();
  {
    auto endless = llm.stream<&Llm::stream>(GenerateRequest{.prompt = "a", .max_tokens = 1 << 19});
    ASSERT_TRUE(endless.next_blocking());
  }
  auto next = llm.call<&Llm::generate>(GenerateRequest{.prompt = "b", .max_tokens = 1});
  EXPECT_TRUE(next.wait(std::chrono::seconds(30)));  // the first would hold the only sequence for nine minutes
}

TEST(LlmTest, SaysWhatItIs) {
  auto app = llm_app();
  const ModelCard card = app.handle<Llm>().call<&Llm::card>().get();
  EXPECT_EQ(card.id, "sim-llm");
  EXPECT_EQ(card.context_tokens, 64);
}

TEST(BuiltinApplicationTest, AMissingModelFailsTheBuild) {
  for (const auto& [name, args] : std::map<std::string, std::string>{{"embed", R"({"model": "/nowhere/m"})"},
                                                                     {"rerank", R"({"model": "/nowhere/m"})"},
                                                                     {"llm", R"({"model": "/nowhere/m"})"}}) {
    try {
      applications().at(name)(Args::parse(args));
      FAIL() << name;
    } catch (const Exception& exception) {
      EXPECT_THAT(exception.what(), HasSubstr("/nowhere/m"));
    }
  }
}

TEST(BuiltinApplicationTest, AnUnknownArgumentIsNamed) {
  try {
    applications().at("llm")(Args::parse(R"({"modle": "x"})"));
    FAIL();
  } catch (const Exception& exception) {
    EXPECT_THAT(exception.what(), HasSubstr("model"));
  }
}

TEST(BuiltinApplicationTest, OpenAiServesAnyNumberOfModels) {
  LocalApp app(applications()
                   .at("openai")(Args::parse(R"({"llms": [{"engine": "sim", "id": "a"}, {"engine": "sim", "id": "b"}],
      "embedders": [{"engine": "sim", "id": "c"}], "default_model": "b"})"))
                   .at(0));
  EXPECT_THAT(app.get("/v1/models").body, HasSubstr(R"("id":"c")"));
  EXPECT_THAT(app.post("/v1/completions", R"({"prompt": "x", "max_tokens": 1})").body, HasSubstr(R"("model":"b")"));
  EXPECT_EQ(app.post("/v1/rerank", R"({"query": "x", "documents": ["a"]})").status, 400);
}

}  // namespace
}  // namespace manta::builtin
