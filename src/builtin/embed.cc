#include <manta/builtin/embed.h>

#include <cstring>

#include <manta/batch.h>

#include "builtin/engine_loading.h"
#include "builtin/length_order.h"
#include "builtin/ort_threads.h"
#include "builtin/tokenized.h"

namespace manta::builtin {
namespace {

using engines::Tokens;

struct Vector {
  std::vector<float> values;
  std::size_t tokens = 0;
};

engines::EngineOptions engine_options(const EmbedOptions& options) {
  engines::EngineOptions given = options.engine_options;
  if (options.engine != "onnx") return given;
  given["model"] = options.model;
  given["pooling"] = options.pooling;
  given["normalize"] = options.normalize ? "true" : "false";
  if (options.max_tokens > 0) given["max_tokens"] = std::to_string(options.max_tokens);
  given["intra_threads"] = std::to_string(ort_intra_threads(options.intra_threads));
  given["inter_threads"] = std::to_string(ort_inter_threads(options.inter_threads));
  return given;
}

std::unique_ptr<engines::EmbeddingEngine> load(const EmbedOptions& options) {
  if (options.engine == "onnx") require_model("embed", options.model);
  auto made = value_or_throw(engine(options.engine).make_embedding(engine_options(options)));
  if (!made)
    throw Exception({.code = ErrorCode::InvalidArgument,
                     .message = "embed: the engine '" + options.engine + "' makes no embeddings"});
  return made;
}

std::vector<Result<Vector>> embed_batch(engines::EmbeddingEngine& model, const std::vector<Tokens>& items) {
  Result<engines::Matrix> matrix = model.embed(items);
  std::vector<Result<Vector>> vectors;
  vectors.reserve(items.size());
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (!matrix) {
      vectors.emplace_back(std::unexpected(matrix.error()));
      continue;
    }
    const auto row = matrix->row(i);
    vectors.emplace_back(Vector{{row.begin(), row.end()}, items[i].size()});
  }
  return vectors;
}

}  // namespace

struct Embed::Impl {
  explicit Impl(EmbedOptions given)
      : options(std::move(given)),
        model(load(options)),
        batcher(
            limits_by_tokens(options),
            [model = model](const std::vector<Tokens>& items) { return embed_batch(*model, items); }, number_of_tokens,
            "embed") {}

  Task<std::vector<Vector>> vectors_of(std::vector<std::string> texts);

  EmbedOptions options;
  std::shared_ptr<engines::EmbeddingEngine> model;
  Batcher<Tokens, Result<Vector>> batcher;
};

Task<std::vector<Vector>> Embed::Impl::vectors_of(std::vector<std::string> texts) {
  std::size_t bytes = 0;
  for (const std::string& text : texts) bytes += text.size();
  auto reading = tokenized(model, std::move(texts), bytes);
  Result<std::vector<Tokens>> items = co_await reading;
  auto running = submit_by_length(batcher, value_or_throw(std::move(items)));
  std::vector<Result<Vector>> results = co_await running;
  std::vector<Vector> vectors;
  vectors.reserve(results.size());
  for (auto& result : results) vectors.push_back(value_or_throw(std::move(result)));
  co_return vectors;
}

Embed::Embed(EmbedOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Embed::~Embed() = default;

Task<Embeddings> Embed::embed(EmbedRequest request) {
  auto computing = impl_->vectors_of(std::move(request.texts));
  const std::vector<Vector> vectors = co_await computing;
  Embeddings reply;
  const std::size_t columns = impl_->model->dimensions();
  reply.vectors.shape = {static_cast<std::int64_t>(vectors.size()), static_cast<std::int64_t>(columns)};
  reply.vectors.data.resize(vectors.size() * columns * sizeof(float));
  for (std::size_t i = 0; i < vectors.size(); ++i) {
    std::memcpy(reply.vectors.data.data() + i * columns * sizeof(float), vectors[i].values.data(),
                columns * sizeof(float));
    reply.tokens += static_cast<std::int64_t>(vectors[i].tokens);
  }
  co_return reply;
}

Task<std::vector<float>> Embed::encode(std::string text) {
  std::vector<std::string> one;
  one.push_back(std::move(text));
  auto computing = impl_->vectors_of(std::move(one));
  std::vector<Vector> vectors = co_await computing;
  co_return std::move(vectors.front().values);
}

Task<EmbedReply> Embed::call(EmbedRequest request) {
  auto computing = impl_->vectors_of(std::move(request.texts));
  std::vector<Vector> vectors = co_await computing;
  EmbedReply reply;
  reply.model = builtin::model_id(impl_->options.id, impl_->options.model);
  for (Vector& vector : vectors) {
    reply.embeddings.push_back(std::move(vector.values));
    reply.tokens += static_cast<std::int64_t>(vector.tokens);
  }
  co_return reply;
}

Task<std::string> Embed::model_id() { co_return builtin::model_id(impl_->options.id, impl_->options.model); }

std::string Embed::model_version() const { return version_of(impl_->options.model); }

}  // namespace manta::builtin
