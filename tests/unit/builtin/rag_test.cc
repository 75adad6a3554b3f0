// The whole application over fakes of its models.
#include "rag.h"

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>

#include <gmock/gmock.h>

#include <manta/application.h>
#include <manta/testing.h>

namespace rag {
namespace {

using manta::testing::fake;
using manta::testing::LocalApp;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Embed = manta::builtin::Embed;
using Embeddings = manta::builtin::Embeddings;
using EmbedRequest = manta::builtin::EmbedRequest;
using Generation = manta::builtin::Generation;
using GenerationChunk = manta::builtin::GenerationChunk;
using GenerateRequest = manta::builtin::GenerateRequest;
using Llm = manta::builtin::Llm;
using Ranking = manta::builtin::Ranking;
using Rerank = manta::builtin::Rerank;
using RerankRequest = manta::builtin::RerankRequest;

manta::Application application() {
  const auto embed = manta::bind<Embed>(manta::builtin::EmbedOptions{}).with({.compute_threads = 2});
  const auto rerank = manta::bind<Rerank>(manta::builtin::RerankOptions{});
  const auto llm = manta::bind<Llm>(manta::builtin::LlmOptions{});
  const auto retriever = manta::bind<Retriever>(RetrieverOptions{}, embed);
  const manta::builtin::OpenAiModels names{.llms = {"llm"}, .embedders = {"embed"}, .rerankers = {"rerank"}};
  return {.ingress = manta::bind<Rag>(names, retriever, embed, rerank, llm)};
}

// "a" lies on the first axis, every other text on the second.
std::vector<float> vector_of(const std::string& text) {
  return text.starts_with("a") ? std::vector<float>{1, 0} : std::vector<float>{0, 1};
}

Embeddings embeddings_of(const EmbedRequest& request) {
  Embeddings made;
  made.vectors.shape = {static_cast<std::int64_t>(request.texts.size()), 2};
  for (const std::string& text : request.texts) {
    const auto vector = vector_of(text);
    made.vectors.data.append(reinterpret_cast<const char*>(vector.data()), 2 * sizeof(float));
  }
  return made;
}

// Likes the documents that end with "4", and the others the less the later they are.
Ranking fond_of_four(const RerankRequest& request) {
  Ranking ranking;
  for (std::size_t i = 0; i < request.documents.size(); ++i)
    ranking.results.push_back({.index = static_cast<std::int64_t>(i),
                               .score = request.documents[i].ends_with("4") ? 9.0 : -static_cast<double>(i)});
  return ranking;
}

LocalApp::Fakes fakes() {
  return {fake<Embed>().on<&Embed::encode>(vector_of).on<&Embed::embed>(embeddings_of),
          fake<Rerank>().on<&Rerank::rerank>(fond_of_four),
          fake<Llm>()
              .on<&Llm::generate>(
                  [](const GenerateRequest& request) { return Generation{.text = request.messages.front().content}; })
              .on<&Llm::stream>([](const GenerateRequest&) {
                return std::vector<GenerationChunk>{{.text = "one "}, {.text = "two"}, {.finish_reason = "stop"}};
              }),
          fake<Retriever>().on<&Retriever::search>([](const std::vector<float>&, int count) {
            std::vector<Candidate> found;
            for (int i = 0; i < count; ++i)
              found.push_back({"passage " + std::to_string(i), "d.md", "sentence " + std::to_string(i), 1.0 - i});
            return found;
          })};
}

Answer ask(LocalApp& app, const std::string& body) {
  const manta::HttpResponse response = app.post("/query", body);
  EXPECT_EQ(response.status, 200) << response.body;
  return manta::value_or_throw(manta::detail::from_json<Answer>(response.body));
}

std::vector<std::string> texts_of(const std::vector<Passage>& passages) {
  std::vector<std::string> texts;
  for (const Passage& passage : passages) texts.push_back(passage.text);
  return texts;
}

// Meets another thread here, or gives up.
class MeetingPoint {
 public:
  bool meet(int others) {
    std::unique_lock lock(mutex_);
    ++arrived_;
    arrived_changed_.notify_all();
    return arrived_changed_.wait_for(lock, std::chrono::seconds(20), [&] { return arrived_ >= others + 1; });
  }

 private:
  std::mutex mutex_;  // guards arrived_
  std::condition_variable arrived_changed_;
  int arrived_ = 0;
};

TEST(RagTest, TheAnswerIsMadeFromTheBestOfTenPassages) {
  LocalApp app(application(), fakes());
  const Answer answer = ask(app, R"({"query": "why 4?"})");
  // Four has the question's word and pleases the reranker, but is only fifth by cosine.
  EXPECT_THAT(texts_of(answer.sources), ElementsAre("passage 0", "passage 4", "passage 1"));
  EXPECT_EQ(answer.sources[0].document, "d.md");
  EXPECT_THAT(answer.answer, HasSubstr("[1] (d.md) passage 0"));
  for (const char* stage : {"embed", "retrieve", "rerank", "generate", "total"})
    EXPECT_TRUE(answer.timings_ms.contains(stage)) << stage;
}

TEST(RagTest, TheRerankerReadsTheNearestSentenceOfEachPassage) {
  LocalApp::Fakes listening = fakes();
  const auto read = std::make_shared<std::vector<std::string>>();
  listening[1] = fake<Rerank>().on<&Rerank::rerank>([read](const RerankRequest& request) {
    *read = request.documents;
    return fond_of_four(request);
  });
  LocalApp app(application(), std::move(listening));
  const Answer answer = ask(app, R"({"query": "why?", "top_k": 5})");
  ASSERT_EQ(read->size(), 10u);
  EXPECT_EQ(read->at(4), "sentence 4");
  EXPECT_THAT(texts_of(answer.sources), ElementsAre("passage 0", "passage 1", "passage 2", "passage 4", "passage 3"));
}

TEST(RagTest, ASearchFindsTheSourcesOfTheAnswer) {
  LocalApp app(application(), fakes());
  const manta::HttpResponse response = app.post("/search", R"({"query": "why 4?", "top_k": 2})");
  ASSERT_EQ(response.status, 200) << response.body;
  const Found found = manta::value_or_throw(manta::detail::from_json<Found>(response.body));
  EXPECT_EQ(texts_of(found.sources), texts_of(ask(app, R"({"query": "why 4?", "top_k": 2})").sources));
  EXPECT_TRUE(found.timings_ms.contains("total"));
  EXPECT_FALSE(found.timings_ms.contains("generate"));
}

TEST(RagTest, TopKSaysHowManySourcesThereAre) {
  LocalApp app(application(), fakes());
  EXPECT_EQ(ask(app, R"({"query": "why?", "top_k": 7})").sources.size(), 7u);
}

TEST(RagTest, CandidatesAreSearchedInsteadOfTheFolder) {
  LocalApp app(application(), fakes());
  const Answer answer = ask(app, R"({"query": "a question", "candidates": ["b", "a near one", "c"], "top_k": 1})");
  EXPECT_THAT(texts_of(answer.sources), ElementsAre("a near one"));
  EXPECT_EQ(answer.sources[0].document, "candidate 1");
}

TEST(RagTest, QueryAndCandidatesAreEmbeddedAtTheSameTime) {
  const auto point = std::make_shared<MeetingPoint>();
  const auto met = std::make_shared<std::atomic<int>>(0);
  LocalApp::Fakes meeting = fakes();
  meeting[0] = fake<Embed>()
                   .on<&Embed::encode>([=](const std::string& text) {
                     *met += point->meet(1);
                     return vector_of(text);
                   })
                   .on<&Embed::embed>([=](const EmbedRequest& request) {
                     *met += point->meet(1);
                     return embeddings_of(request);
                   });
  LocalApp app(application(), std::move(meeting));
  ask(app, R"({"query": "a question", "candidates": ["b"]})");
  EXPECT_EQ(*met, 2);
}

TEST(RagTest, AStreamHasSourcesThenTextThenTimings) {
  LocalApp app(application(), fakes());
  const manta::HttpResponse response = app.post("/query/stream", R"({"query": "why?"})");
  EXPECT_EQ(response.status, 200);
  std::vector<AnswerEvent> events;
  for (std::size_t begin = 0, end = 0; (end = response.body.find('\n', begin)) != std::string::npos; begin = end + 1)
    events.push_back(
        manta::value_or_throw(manta::detail::from_json<AnswerEvent>(response.body.substr(begin, end - begin))));
  ASSERT_EQ(events.size(), 4u) << response.body;
  EXPECT_EQ(events[0].sources.size(), 3u);
  EXPECT_EQ(events[1].text + events[2].text, "one two");
  EXPECT_TRUE(events[3].timings_ms.contains("total"));
}

TEST(RagTest, ABadQuestionNamesItsField) {
  LocalApp app(application(), fakes());
  const manta::HttpResponse response = app.post("/query", R"({"query": "x", "top_k": 11})");
  EXPECT_EQ(response.status, 400);
  EXPECT_THAT(response.body, HasSubstr("$.top_k"));
}

TEST(RagTest, ServesItsModelsBelowV1) {
  LocalApp app(application(), fakes());
  EXPECT_THAT(app.get("/v1/models").body, HasSubstr(R"("id":"rerank")"));
  EXPECT_EQ(app.post("/v1/chat/completions",
                     R"({"messages": [{"role": "s", "content": ""}, {"role": "user", "content": "hi"}]})")
                .status,
            200);
}

}  // namespace
}  // namespace rag
