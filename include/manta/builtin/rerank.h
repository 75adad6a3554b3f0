#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <manta/deployment.h>
#include <manta/task.h>

namespace manta::builtin {

// How a reranking deployment is made; `args` of builtin:rerank.
struct RerankOptions {
  std::string model;  // a folder with model.onnx (a cross-encoder) and tokenizer.json, or an .onnx file beside one
  std::string id;     // name in the OpenAI endpoints; default: the folder's name
  std::string engine = "onnx";          // "onnx", or "sim" for tests
  int max_tokens = 0;                   // query and document together; longer ones are cut; 0 = what the model allows
  int intra_threads = 0;                // threads of one run; 0 = ORT_INTRA_THREADS of its environment, else 1
  int inter_threads = 0;                // branches at once; 0 = ORT_INTER_THREADS of its environment, else 1
  int max_batch_size = 32;              // pairs in one batch
  double batch_wait_timeout_s = 0.002;  // longest wait for as many as the last batch had; 0 = none
  int max_batch_tokens = 4096;          // padded tokens in one batch
  std::map<std::string, std::string> engine_options;  // further options of the engine by name
};
BOOST_DESCRIBE_STRUCT(RerankOptions, (),
                      (model, id, engine, max_tokens, intra_threads, inter_threads, max_batch_size,
                       batch_wait_timeout_s, max_batch_tokens, engine_options))

struct RerankRequest {
  std::string query;
  std::vector<std::string> documents;
  int top_n = 0;  // best ones to return; 0 = all
};
BOOST_DESCRIBE_STRUCT(RerankRequest, (), (query, documents, top_n))

struct RankedDocument {
  std::int64_t index = 0;  // in RerankRequest::documents
  double score = 0;        // the model's logit; higher is better
};
BOOST_DESCRIBE_STRUCT(RankedDocument, (), (index, score))

struct Ranking {
  std::vector<RankedDocument> results;  // best first
  std::int64_t tokens = 0;
};
BOOST_DESCRIBE_STRUCT(Ranking, (), (results, tokens))

// Scores documents against a query, best first. Requests of many callers share batches.
class Rerank {
 public:
  explicit Rerank(RerankOptions options);  // loads the model; throws with the file and the remedy when it cannot
  ~Rerank();

  Task<Ranking> rerank(RerankRequest request);
  Task<Ranking> call(RerankRequest request);
  Task<std::string> model_id();
  std::string model_version() const;

  using methods = Methods<idempotent<&Rerank::rerank>, idempotent<&Rerank::call>, idempotent<&Rerank::model_id>>;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace manta::builtin
