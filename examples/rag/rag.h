#pragma once

#include <map>
#include <string>
#include <vector>

#include <manta/builtin/openai.h>

#include "retriever.h"

namespace rag {

struct Search {
  std::string query;
  int top_k = 3;                        // passages to find, 1 to 10
  std::vector<std::string> candidates;  // texts to search instead of the folder, at most 1,000
  void validate() const;
};
BOOST_DESCRIBE_STRUCT(Search, (), (query, top_k, candidates))

struct Passage {
  std::string text;
  std::string document;
  double score = 0;  // 0 to 1: 1 = first by cosine, by its words and for the reranker
};
BOOST_DESCRIBE_STRUCT(Passage, (), (text, document, score))

struct Found {
  std::vector<Passage> sources;              // best first
  std::map<std::string, double> timings_ms;  // embed, retrieve, rerank, total
};
BOOST_DESCRIBE_STRUCT(Found, (), (sources, timings_ms))

struct Question {
  std::string query;
  int top_k = 3;                        // as in Search; the language model gets these passages
  std::vector<std::string> candidates;  // as in Search
  int max_tokens = 128;                 // of the answer, 1 to 512
  void validate() const;
};
BOOST_DESCRIBE_STRUCT(Question, (), (query, top_k, candidates, max_tokens))

struct Answer {
  std::string answer;
  std::vector<Passage> sources;              // what the answer was made from, best first
  std::map<std::string, double> timings_ms;  // embed, retrieve, rerank, generate, total
};
BOOST_DESCRIBE_STRUCT(Answer, (), (answer, sources, timings_ms))

// A streamed answer: first the sources, then pieces of text, last the timings.
struct AnswerEvent {
  std::vector<Passage> sources;
  std::string text;
  std::map<std::string, double> timings_ms;
};
BOOST_DESCRIBE_STRUCT(AnswerEvent, (), (sources, text, timings_ms))

// The ingress: answers questions from documents, and serves the models themselves below /v1.
class Rag {
 public:
  using Embed = manta::builtin::Embed;
  using Rerank = manta::builtin::Rerank;
  using Llm = manta::builtin::Llm;
  using OpenAi = manta::builtin::OpenAi;

  Rag(manta::builtin::OpenAiModels models, manta::Handle<Retriever> retriever, manta::Handle<Embed> embed,
      manta::Handle<Rerank> rerank, manta::Handle<Llm> llm);

  manta::Task<Found> search(Search search);  // finds the sources only
  manta::Task<Answer> query(Question question);
  manta::Task<void> stream(Question question, manta::Writer<AnswerEvent> out);
  manta::Task<void> openai(manta::HttpRequest request, manta::HttpWriter out);

  using methods =
      manta::Methods<manta::idempotent<&Rag::search>, manta::idempotent<&Rag::query>,
                     manta::route<"POST", "/query/stream", &Rag::stream>, manta::route<"*", "/v1/*", &Rag::openai>>;

 private:
  manta::Task<std::vector<Candidate>> nearest(Search search, std::map<std::string, double>& timings_ms);

  OpenAi openai_;
  manta::Handle<Retriever> retriever_;
  manta::Handle<Embed> embed_;
  manta::Handle<Rerank> rerank_;
  manta::Handle<Llm> llm_;
};

// The prompt that makes a model answer from numbered sources. Long sources are shortened so that it fits a context of
// 2,048 tokens with 512 to spare.
manta::builtin::GenerateRequest prompt(const Question& question, const std::vector<Passage>& sources);

}  // namespace rag
