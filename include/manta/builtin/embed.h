#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <manta/deployment.h>
#include <manta/task.h>
#include <manta/tensor.h>

namespace manta::builtin {

// How an embedding deployment is made; `args` of builtin:embed.
struct EmbedOptions {
  std::string model;                    // a folder with model.onnx and tokenizer.json, or an .onnx file beside one
  std::string id;                       // name in the OpenAI endpoints; default: the folder's name
  std::string engine = "onnx";          // "onnx", or "sim" for tests
  std::string pooling = "mean";         // "mean", "cls"; models that pool themselves ignore it
  bool normalize = true;                // vectors of unit length
  int max_tokens = 0;                   // longer texts are cut; 0 = what the model allows
  int intra_threads = 0;                // threads of one run; 0 = ORT_INTRA_THREADS of its environment, else 1
  int inter_threads = 0;                // branches at once; 0 = ORT_INTER_THREADS of its environment, else 1
  int max_batch_size = 32;              // texts in one batch
  double batch_wait_timeout_s = 0.002;  // longest wait for as many as the last batch had; 0 = none
  int max_batch_tokens = 4096;          // padded tokens in one batch
  std::map<std::string, std::string> engine_options;  // further options of the engine by name
};
BOOST_DESCRIBE_STRUCT(EmbedOptions, (),
                      (model, id, engine, pooling, normalize, max_tokens, intra_threads, inter_threads, max_batch_size,
                       batch_wait_timeout_s, max_batch_tokens, engine_options))

struct EmbedRequest {
  std::vector<std::string> texts;
};
BOOST_DESCRIBE_STRUCT(EmbedRequest, (), (texts))

// For handles: float32 of shape [texts, dimensions], and the tokens that were read.
struct Embeddings {
  Tensor vectors;
  std::int64_t tokens = 0;
};
BOOST_DESCRIBE_STRUCT(Embeddings, (), (vectors, tokens))

// The same as lists of numbers, for HTTP.
struct EmbedReply {
  std::vector<std::vector<float>> embeddings;
  std::string model;
  std::int64_t tokens = 0;
};
BOOST_DESCRIBE_STRUCT(EmbedReply, (), (embeddings, model, tokens))

// Turns texts into vectors. Requests of many callers share batches.
class Embed {
 public:
  explicit Embed(EmbedOptions options);  // loads the model; throws with the file and the remedy when it cannot
  ~Embed();

  Task<Embeddings> embed(EmbedRequest request);
  Task<std::vector<float>> encode(std::string text);
  Task<EmbedReply> call(EmbedRequest request);
  Task<std::string> model_id();
  std::string model_version() const;

  using methods = Methods<idempotent<&Embed::embed>, idempotent<&Embed::encode>, idempotent<&Embed::call>,
                          idempotent<&Embed::model_id>>;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace manta::builtin
