// One request through several models: the query and its candidates become vectors, the nearest are reranked, and a
// language model answers from the best. The models are stand-ins (engine "sim") that hold GPUs as real ones would.
#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include <manta/builtin/embed.h>
#include <manta/builtin/llm.h>
#include <manta/builtin/rerank.h>
#include <manta/manta.h>
#include <manta/waiting.h>

namespace rag_service {

using manta::builtin::Embed;
using manta::builtin::Llm;
using manta::builtin::Rerank;

struct QueryRequest {
  std::string query;
  std::vector<std::string> candidates;
};
BOOST_DESCRIBE_STRUCT(QueryRequest, (), (query, candidates))

struct QueryAnswer {
  std::string answer;
  std::vector<std::string> documents;  // what it was made from, best first
  int retrieved = 0;                   // candidates that the reranker saw
};
BOOST_DESCRIBE_STRUCT(QueryAnswer, (), (answer, documents, retrieved))

double cosine(const std::vector<float>& a, const std::vector<float>& b) {
  double dot = 0, aa = 1e-9, bb = 1e-9;
  for (std::size_t i = 0; i < a.size(); ++i) {
    dot += double{a[i]} * double{b[i]};
    aa += double{a[i]} * double{a[i]};
    bb += double{b[i]} * double{b[i]};
  }
  return dot / std::sqrt(aa * bb);
}

class RAGPipeline {
 public:
  RAGPipeline(manta::Handle<Embed> embedding, manta::Handle<Rerank> reranker, manta::Handle<Llm> llm)
      : embedding_(std::move(embedding)), reranker_(std::move(reranker)), llm_(std::move(llm)) {}

  manta::Task<QueryAnswer> query(QueryRequest request) {
    auto query_response = embedding_.call<&Embed::encode>(request.query);
    std::vector<manta::Response<std::vector<float>>> candidate_responses;
    for (const std::string& text : request.candidates)
      candidate_responses.push_back(embedding_.call<&Embed::encode>(text));
    const std::vector<float> query = co_await query_response;
    auto gathering = manta::gather(std::move(candidate_responses));
    const std::vector<std::vector<float>> vectors = co_await gathering;

    manta::builtin::RerankRequest reranking{
        .query = request.query, .documents = nearest(request.candidates, query, vectors), .top_n = 3};
    QueryAnswer answer{.retrieved = static_cast<int>(reranking.documents.size())};
    auto ranked_response = reranker_.call<&Rerank::rerank>(reranking);
    const manta::builtin::Ranking ranking = co_await ranked_response;
    std::string prompt = "Context:\n";
    for (const auto& ranked : ranking.results) {
      answer.documents.push_back(reranking.documents.at(static_cast<std::size_t>(ranked.index)));
      prompt += answer.documents.back() + "\n";
    }
    manta::builtin::GenerateRequest generating{.prompt = prompt + "Question: " + request.query, .max_tokens = 8};
    auto generation_response = llm_.call<&Llm::generate>(generating);
    manta::builtin::Generation generation = co_await generation_response;
    answer.answer = std::move(generation.text);
    co_return answer;
  }
  using methods = manta::Methods<&RAGPipeline::query>;

 private:
  // The ten texts with the vectors nearest to the query's.
  static std::vector<std::string> nearest(const std::vector<std::string>& texts, const std::vector<float>& query,
                                          const std::vector<std::vector<float>>& vectors) {
    std::vector<std::pair<double, std::string>> scored;
    for (std::size_t i = 0; i < texts.size(); ++i) scored.emplace_back(cosine(query, vectors[i]), texts[i]);
    std::ranges::sort(scored, std::ranges::greater());
    std::vector<std::string> best;
    for (std::size_t i = 0; i < std::min<std::size_t>(10, scored.size()); ++i) best.push_back(scored[i].second);
    return best;
  }

  manta::Handle<Embed> embedding_;
  manta::Handle<Rerank> reranker_;
  manta::Handle<Llm> llm_;
};

manta::DeploymentConfig named(std::string name, double gpus) {
  return {
      .name = std::move(name), .max_ongoing_requests = 100, .ray_actor_options = {.num_cpus = 0.1, .num_gpus = gpus}};
}

// The two small models share a GPU; the language model has one to itself.
manta::Application rag(const manta::Args&) {
  auto embedding = manta::bind<Embed>(manta::builtin::EmbedOptions{.engine = "sim"}).with(named("EmbeddingModel", 0.5));
  auto reranker = manta::bind<Rerank>(manta::builtin::RerankOptions{.engine = "sim"}).with(named("Reranker", 0.5));
  auto llm = manta::bind<Llm>(manta::builtin::LlmOptions{.id = "llm", .engine = "sim"}).with(named("LLM", 1));
  return {.name = "rag", .ingress = manta::bind<RAGPipeline>(embedding, reranker, llm).with(named("RAGPipeline", 0))};
}
MANTA_APP(rag)

}  // namespace rag_service
