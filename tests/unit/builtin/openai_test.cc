// The endpoints over fakes of the models.
#include <manta/builtin/openai.h>

#include <cstring>

#include <gmock/gmock.h>

#include <manta/application.h>
#include <manta/detail/json.h>
#include <manta/testing.h>

#include "builtin/applications.h"
#include "builtin/openai/endpoints.h"
#include "builtin/openai/replies.h"
#include "builtin/openai/requests.h"
#include "codec/base64.h"

namespace manta::builtin {
namespace {

using manta::testing::fake;
using manta::testing::LocalApp;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;

Application application() {
  const auto llm = manta::bind<Llm>(LlmOptions{});
  const auto embed = manta::bind<Embed>(EmbedOptions{});
  const auto rerank = manta::bind<Rerank>(RerankOptions{});
  const OpenAiModels names{.llms = {"llm"}, .embedders = {"embed"}, .rerankers = {"rerank"}};
  return {.ingress = manta::bind<OpenAi>(names, std::vector{llm}, std::vector{embed}, std::vector{rerank})};
}

Generation generate(const GenerateRequest& request) {
  if (request.prompt == "overload")
    throw Exception({.code = ErrorCode::Overloaded, .message = "full", .retry_after_s = 3});
  if (request.prompt == "long")
    throw Exception({.code = ErrorCode::InvalidArgument,
                     .message = "the prompt has 9 tokens, but the context holds 8; shorten it"});
  const std::string heard = request.messages.empty() ? request.prompt : request.messages.back().content;
  return {.text = "you said " + heard, .finish_reason = "stop", .usage = {3, 4, 1}};
}

std::vector<GenerationChunk> stream(const GenerateRequest&) {
  return {{.text = "one "}, {.text = "two"}, {.finish_reason = "length", .usage = {3, 2, 0}}};
}

// The i-th vector is (3, 4, i).
Embeddings embed(const EmbedRequest& request) {
  Embeddings made{.tokens = 5};
  made.vectors.shape = {static_cast<std::int64_t>(request.texts.size()), 3};
  for (std::size_t i = 0; i < request.texts.size(); ++i) {
    const float row[] = {3, 4, static_cast<float>(i)};
    made.vectors.data.append(reinterpret_cast<const char*>(row), sizeof row);
  }
  return made;
}

Ranking rank(const RerankRequest& request) {
  Ranking ranking{.tokens = 7};
  for (std::size_t i = request.documents.size(); i-- > 0;)
    ranking.results.push_back({.index = static_cast<std::int64_t>(i), .score = static_cast<double>(i)});
  if (request.top_n > 0)
    ranking.results.resize(std::min(ranking.results.size(), static_cast<std::size_t>(request.top_n)));
  return ranking;
}

TEST(OpenAiApplicationTest, InProxyIsAnArgument) {
  const auto config_with = [](const std::string& in_proxy) {
    const auto args = Args::parse(R"({"llms": [{"engine": "sim", "id": "a"}], "in_proxy": )" + in_proxy + "}");
    return applications().at("openai")(args).at(0).ingress.node()->config;
  };
  EXPECT_TRUE(config_with("true").in_proxy);
  EXPECT_EQ(config_with("true").ray_actor_options, Resources{}) << "no process that they could be for";
  EXPECT_FALSE(config_with("false").in_proxy);
}

class OpenAiTest : public ::testing::Test {
 protected:
  OpenAiTest()
      : app_(application(), {fake<Llm>().on<&Llm::generate>(generate).on<&Llm::stream>(stream),
                             fake<Embed>().on<&Embed::embed>(embed), fake<Rerank>().on<&Rerank::rerank>(rank)}) {}

  template <class T>
  T ask(std::string_view path, std::string body) {
    const HttpResponse response = app_.post(path, std::move(body));
    EXPECT_EQ(response.status, 200) << response.body;
    return value_or_throw(detail::from_json<T>(response.body));
  }
  openai::ErrorFields refuse(std::string_view path, std::string body, int status) {
    const HttpResponse response = app_.post(path, std::move(body));
    EXPECT_EQ(response.status, status) << response.body;
    return value_or_throw(detail::from_json<openai::ErrorReply>(response.body)).error;
  }

  LocalApp app_;
};

TEST_F(OpenAiTest, ListsItsModels) {
  const auto list = value_or_throw(detail::from_json<openai::ModelList>(app_.get("/v1/models").body));
  ASSERT_EQ(list.data.size(), 3u);
  EXPECT_EQ(list.data[1].id, "embed");
  EXPECT_THAT(app_.get("/v1/models/rerank").body, HasSubstr(R"("object":"model")"));
  EXPECT_EQ(app_.get("/v1/models/none").status, 404);
}

TEST_F(OpenAiTest, AChatAnswersWithItsUsage) {
  const auto reply = ask<openai::ChatReply>("/v1/chat/completions",
                                            R"({"model": "llm", "messages": [{"role": "user", "content": "hi"}]})");
  EXPECT_EQ(reply.object, "chat.completion");
  EXPECT_EQ(reply.model, "llm");
  EXPECT_EQ(reply.choices.at(0).message.content, "you said hi");
  EXPECT_EQ(reply.choices.at(0).finish_reason, "stop");
  EXPECT_EQ(reply.usage.total_tokens, 7);
  EXPECT_EQ(reply.usage.prompt_tokens_details.cached_tokens, 1);
}

TEST_F(OpenAiTest, AStreamedChatIsEventsThatEndWithDone) {
  const HttpResponse response =
      app_.post("/v1/chat/completions", R"({"messages": [{"role": "user", "content": "hi"}], "stream": true})");
  EXPECT_THAT(response.headers, Contains(Pair("content-type", "text/event-stream")));
  EXPECT_THAT(response.body, HasSubstr(R"("delta":{"role":"assistant","content":""})"));
  EXPECT_THAT(response.body, HasSubstr(R"("delta":{"content":"one "})"));
  EXPECT_THAT(response.body, HasSubstr(R"("finish_reason":"length")"));
  EXPECT_THAT(response.body, Not(HasSubstr("usage")));
  EXPECT_THAT(response.body, EndsWith("data: [DONE]\n\n"));
}

TEST_F(OpenAiTest, AStreamHasUsageWhenItIsAskedFor) {
  const HttpResponse response =
      app_.post("/v1/completions", R"({"prompt": "hi", "stream": true, "stream_options": {"include_usage": true}})");
  EXPECT_THAT(response.body,
              HasSubstr(R"("choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5)"));
  EXPECT_THAT(response.body, HasSubstr(R"("object":"text_completion")"));
}

TEST_F(OpenAiTest, EveryPromptHasAChoice) {
  const auto reply = ask<openai::CompletionReply>("/v1/completions", R"({"prompt": ["a", "b"], "echo": true})");
  ASSERT_EQ(reply.choices.size(), 2u);
  EXPECT_EQ(reply.choices[1].text, "byou said b");
  EXPECT_EQ(reply.choices[1].index, 1);
  EXPECT_EQ(reply.usage.total_tokens, 14);
}

TEST_F(OpenAiTest, EmbeddingsAreNumbersOrBase64OfThem) {
  const HttpResponse numbers = app_.post("/v1/embeddings", R"({"input": ["x", "y"]})");
  EXPECT_THAT(numbers.body, HasSubstr(R"("embedding":[3.0,4.0,1.0])"));
  EXPECT_THAT(numbers.body, HasSubstr(R"("usage":{"prompt_tokens":5,"total_tokens":5})"));
  const float row[] = {3, 4, 0};
  const std::string bytes(reinterpret_cast<const char*>(row), sizeof row);
  EXPECT_THAT(app_.post("/v1/embeddings", R"({"input": "x", "encoding_format": "base64"})").body,
              HasSubstr("\"embedding\":\"" + codec::base64(bytes) + "\""));
}

TEST_F(OpenAiTest, FewerDimensionsAreOfUnitLength) {
  EXPECT_THAT(app_.post("/v1/embeddings", R"({"input": "x", "dimensions": 2})").body, HasSubstr(R"("embedding":[0.6)"));
  EXPECT_EQ(refuse("/v1/embeddings", R"({"input": "x", "dimensions": 4})", 400).param, "dimensions");
  EXPECT_EQ(refuse("/v1/embeddings", R"({"input": "x", "encoding_format": "hex"})", 400).param, "encoding_format");
  EXPECT_EQ(refuse("/v1/embeddings", R"({"input": []})", 400).param, "input");
}

TEST_F(OpenAiTest, RerankTakesDocumentsAsTextsOrObjects) {
  const auto reply = ask<openai::RerankReply<openai::Ranked>>(
      "/v1/rerank", R"({"query": "q", "documents": ["a", {"text": "b"}], "top_n": 1})");
  ASSERT_EQ(reply.results.size(), 1u);
  EXPECT_EQ(reply.results[0].index, 1);
  EXPECT_EQ(reply.usage.total_tokens, 7);
  const auto with_text = ask<openai::RerankReply<openai::RankedWithDocument>>(
      "/v1/rerank", R"({"query": "q", "texts": ["a", "b"], "return_documents": true})");
  EXPECT_EQ(with_text.results.at(0).document.text, "b");
}

TEST_F(OpenAiTest, RerankSaysWhatIsMissing) {
  EXPECT_EQ(refuse("/v1/rerank", R"({"documents": ["a"]})", 400).param, "query");
  EXPECT_EQ(refuse("/v1/rerank", R"({"query": "q"})", 400).param, "documents");
  EXPECT_EQ(refuse("/v1/rerank", R"({"query": "q", "documents": ["a"], "top_n": 0})", 400).param, "top_n");
}

TEST_F(OpenAiTest, BadRequestsHaveOpenAisErrorBody) {
  EXPECT_EQ(refuse("/v1/chat/completions", "{", 400).type, "invalid_request_error");
  EXPECT_EQ(refuse("/v1/chat/completions", R"({"messages": "hi"})", 400).param, "messages");
  EXPECT_EQ(
      refuse("/v1/chat/completions", R"({"model": "gpt", "messages": [{"role": "user", "content": ""}]})", 404).code,
      "model_not_found");
  EXPECT_EQ(refuse("/v1/completions", R"({"prompt": "long"})", 400).code, "context_length_exceeded");
  EXPECT_EQ(refuse("/v1/nothing", "{}", 404).type, "not_found_error");
  EXPECT_THAT(app_.get("/v1/models/").body, HasSubstr("GET /v1/models lists them"));
}

TEST_F(OpenAiTest, AnotherVerbIsToldWhichOneWorks) {
  const HttpResponse response = app_.get("/v1/chat/completions");
  EXPECT_EQ(response.status, 405);
  EXPECT_THAT(response.headers, Contains(Pair("allow", "POST")));
  EXPECT_EQ(app_.post("/v1/models", "{}").status, 405);
}

TEST_F(OpenAiTest, AFullModelSaysWhenToComeBack) {
  const HttpResponse response = app_.post("/v1/completions", R"({"prompt": "overload"})");
  EXPECT_EQ(response.status, 503);
  EXPECT_THAT(response.headers, Contains(Pair("retry-after", "3")));
}

TEST_F(OpenAiTest, UnknownFieldsAreIgnored) {
  ask<openai::ChatReply>("/v1/chat/completions",
                         R"({"messages": [{"role": "user", "content": "hi"}], "logit_bias": {}, "user": "me"})");
}

TEST(OpenAiEndpointsTest, UnknownFieldsAreCountedForTheirEndpoint) {
  std::map<std::string, std::size_t> counted;
  const openai::Endpoints endpoints{.count_ignored = [&counted](std::string_view endpoint, std::size_t fields) {
    counted[std::string(endpoint)] += fields;
  }};
  EXPECT_TRUE(endpoints.parse<openai::ChatRequest>("chat/completions", R"({"logit_bias": {}, "user": "me", "n": 1})"));
  EXPECT_TRUE(endpoints.parse<openai::RerankBody>("rerank", R"({"query": "q"})"));
  EXPECT_EQ(counted, (std::map<std::string, std::size_t>{{"chat/completions", 2}}));
}

TEST_F(OpenAiTest, AHandleGetsACompletion) {
  const Generation generation = app_.handle<OpenAi>().call<&OpenAi::completions>(CompletionCall{.prompt = "hi"}).get();
  EXPECT_EQ(generation.text, "you said hi");
}

}  // namespace
}  // namespace manta::builtin
