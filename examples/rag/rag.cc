#include "rag.h"

#include <chrono>
#include <utility>

#include <manta/waiting.h>

#include "ranking.h"

namespace rag {
namespace {

using manta::Exception;
using manta::builtin::EmbedRequest;
using manta::builtin::GenerateRequest;

constexpr int kRetrieved = 10;              // passages that the reranker sees
constexpr std::size_t kCandidates = 1000;   // texts of one question, at most
constexpr std::size_t kPromptBytes = 2400;  // of all sources in a prompt, which costs time and context

class Stopwatch {
 public:
  // Milliseconds since the last call, or since the start.
  double lap() {
    const auto now = std::chrono::steady_clock::now();
    return std::chrono::duration<double, std::milli>(now - std::exchange(last_, now)).count();
  }

 private:
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

using Timings = std::map<std::string, double>;

[[noreturn]] void refuse(std::string message, std::string field) {
  throw Exception(
      {.code = manta::ErrorCode::InvalidArgument, .message = std::move(message), .detail = std::move(field)});
}

// The reranker's word counts half: the packaged one is a stand-in, worse at it than the cosine before it. A trained
// cross-encoder deserves more.
constexpr double kRerankerWeight = 0.5;

// The best `top_k` of the candidates, by cosine, common words and the reranker together.
std::vector<Passage> best_sources(const Search& search, std::vector<Candidate> candidates,
                                  const manta::builtin::Ranking& ranking) {
  std::vector<std::string> texts;
  Vote cosine, reranker{.scores = std::vector<double>(candidates.size()), .weight = kRerankerWeight};
  for (const Candidate& candidate : candidates) {
    texts.push_back(candidate.text);
    cosine.scores.push_back(candidate.cosine);
  }
  for (const auto& ranked : ranking.results) reranker.scores.at(static_cast<std::size_t>(ranked.index)) = ranked.score;
  const std::vector<double> scores = fused({cosine, {word_scores(search.query, texts)}, reranker});
  std::vector<Passage> sources;
  for (const std::size_t i : best_of(scores, static_cast<std::size_t>(search.top_k)))
    sources.push_back({std::move(candidates[i].text), std::move(candidates[i].document), scores[i]});
  return sources;
}

void add_total(Timings& timings_ms) {
  timings_ms.erase("total");
  double total = 0;
  for (const auto& [stage, ms] : timings_ms) total += ms;
  timings_ms["total"] = total;
}

}  // namespace

void Search::validate() const {
  if (query.empty()) refuse("'query' is missing or empty; send the question as text", "query");
  if (top_k < 1 || top_k > kRetrieved) refuse("'top_k' must be from 1 to 10", "top_k");
  if (candidates.size() > kCandidates) refuse("'candidates' has more than 1000 texts", "candidates");
}

void Question::validate() const {
  Search{query, top_k, candidates}.validate();
  if (max_tokens < 1 || max_tokens > 512) refuse("'max_tokens' must be from 1 to 512", "max_tokens");
}

Rag::Rag(manta::builtin::OpenAiModels models, manta::Handle<Retriever> retriever, manta::Handle<Embed> embed,
         manta::Handle<Rerank> rerank, manta::Handle<Llm> llm)
    : openai_(std::move(models), {llm}, {embed}, {rerank}),
      retriever_(std::move(retriever)),
      embed_(std::move(embed)),
      rerank_(std::move(rerank)),
      llm_(std::move(llm)) {}

// The query and the candidates are embedded at the same time: both calls are under way before the first is awaited.
manta::Task<std::vector<Candidate>> Rag::nearest(Search search, Timings& timings_ms) {
  Stopwatch watch;
  auto query_response = embed_.call<&Embed::encode>(search.query);
  if (search.candidates.empty()) {
    std::vector<float> query = co_await query_response;
    timings_ms["embed"] = watch.lap();
    auto found = retriever_.call<&Retriever::search>(std::move(query), kRetrieved);
    std::vector<Candidate> candidates = co_await found;
    timings_ms["retrieve"] = watch.lap();
    co_return candidates;
  }
  auto candidates_response = embed_.call<&Embed::embed>(EmbedRequest{search.candidates});
  const std::vector<float> query = co_await query_response;
  const manta::builtin::Embeddings embeddings = co_await candidates_response;
  timings_ms["embed"] = watch.lap();
  VectorIndex index;
  for (std::size_t i = 0; i < search.candidates.size(); ++i) index.add(row_of(embeddings.vectors, i), i);
  std::vector<Candidate> candidates;
  for (const VectorIndex::Hit& hit : index.search(query, kRetrieved)) {
    const std::string& text = search.candidates[hit.passage];
    candidates.push_back({text, "candidate " + std::to_string(hit.passage), text, hit.score});
  }
  timings_ms["retrieve"] = watch.lap();
  co_return candidates;
}

manta::Task<Found> Rag::search(Search search) {
  Found found;
  auto nearing = nearest(search, found.timings_ms);
  std::vector<Candidate> candidates = co_await nearing;
  Stopwatch watch;
  manta::builtin::RerankRequest request{.query = search.query};
  for (const Candidate& candidate : candidates) request.documents.push_back(candidate.sentence);
  auto response = rerank_.call<&Rerank::rerank>(std::move(request));
  const manta::builtin::Ranking ranking = co_await response;
  found.sources = best_sources(search, std::move(candidates), ranking);
  found.timings_ms["rerank"] = watch.lap();
  add_total(found.timings_ms);
  co_return found;
}

manta::Task<Answer> Rag::query(Question question) {
  auto finding = search({question.query, question.top_k, question.candidates});
  Found found = co_await finding;
  Stopwatch watch;
  auto response = llm_.call<&Llm::generate>(prompt(question, found.sources));
  manta::builtin::Generation generation = co_await response;
  found.timings_ms["generate"] = watch.lap();
  add_total(found.timings_ms);
  co_return Answer{std::move(generation.text), std::move(found.sources), std::move(found.timings_ms)};
}

manta::Task<void> Rag::stream(Question question, manta::Writer<AnswerEvent> out) {
  auto finding = search({question.query, question.top_k, question.candidates});
  Found found = co_await finding;
  Stopwatch watch;
  auto chunks = llm_.stream<&Llm::stream>(prompt(question, found.sources));
  AnswerEvent first{.sources = std::move(found.sources)};
  co_await out.write(std::move(first));
  while (std::optional<manta::builtin::GenerationChunk> chunk = co_await chunks.next()) {
    AnswerEvent event{.text = std::move(chunk->text)};
    if (!event.text.empty()) co_await out.write(std::move(event));
  }
  found.timings_ms["generate"] = watch.lap();
  add_total(found.timings_ms);
  AnswerEvent last{.timings_ms = std::move(found.timings_ms)};
  co_await out.write(std::move(last));
}

manta::Task<void> Rag::openai(manta::HttpRequest request, manta::HttpWriter out) {
  return openai_.handle(std::move(request), out);
}

// The first bytes of a text, cut between two characters.
std::string shortened(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) return std::string(text);
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0) == 0x80) --bytes;
  return std::string(text.substr(0, bytes)) + "...";
}

// One plain message and a penalty on repeating itself: the packaged model is too small for instructions beside the
// text, and goes round in circles without it.
GenerateRequest prompt(const Question& question, const std::vector<Passage>& sources) {
  std::string context;
  for (std::size_t i = 0; i < sources.size(); ++i)
    context += "[" + std::to_string(i + 1) + "] (" + sources[i].document + ") " +
               shortened(sources[i].text, kPromptBytes / sources.size()) + "\n";
  GenerateRequest request{.max_tokens = question.max_tokens, .temperature = 0, .repeat_penalty = 1.08};
  request.messages.push_back({"user", "Here are numbered notes:\n\n" + context +
                                          "\nUsing only these notes, answer this question briefly: " +
                                          shortened(question.query, kPromptBytes / 4)});
  return request;
}

}  // namespace rag
