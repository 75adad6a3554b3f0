#include <manta/builtin/rerank.h>

#include <algorithm>

#include <manta/batch.h>

#include "builtin/engine_loading.h"
#include "builtin/length_order.h"
#include "builtin/ort_threads.h"
#include "builtin/tokenized.h"

namespace manta::builtin {
namespace {

using engines::Tokens;

engines::EngineOptions engine_options(const RerankOptions& options) {
  engines::EngineOptions given = options.engine_options;
  if (options.engine != "onnx") return given;
  given["model"] = options.model;
  if (options.max_tokens > 0) given["max_tokens"] = std::to_string(options.max_tokens);
  given["intra_threads"] = std::to_string(ort_intra_threads(options.intra_threads));
  given["inter_threads"] = std::to_string(ort_inter_threads(options.inter_threads));
  return given;
}

std::unique_ptr<engines::RerankEngine> load(const RerankOptions& options) {
  if (options.engine == "onnx") require_model("rerank", options.model);
  auto made = value_or_throw(engine(options.engine).make_rerank(engine_options(options)));
  if (!made)
    throw Exception(
        {.code = ErrorCode::InvalidArgument, .message = "rerank: the engine '" + options.engine + "' does not rerank"});
  return made;
}

std::vector<Result<float>> score_batch(engines::RerankEngine& model, const std::vector<Tokens>& items) {
  Result<std::vector<float>> scores = model.score(items);
  std::vector<Result<float>> results;
  results.reserve(items.size());
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (scores)
      results.emplace_back((*scores)[i]);
    else
      results.emplace_back(std::unexpected(scores.error()));
  }
  return results;
}

}  // namespace

struct Rerank::Impl {
  explicit Impl(RerankOptions given)
      : options(std::move(given)),
        model(load(options)),
        batcher(
            limits_by_tokens(options),
            [model = model](const std::vector<Tokens>& items) { return score_batch(*model, items); }, number_of_tokens,
            "rerank") {}

  Task<Result<std::vector<Tokens>>> tokens_of(RerankRequest request) {
    std::vector<engines::RerankEngine::Pair> pairs;
    pairs.reserve(request.documents.size());
    std::size_t bytes = 0;
    for (std::string& document : request.documents) {
      bytes += request.query.size() + document.size();
      pairs.push_back({request.query, std::move(document)});
    }
    return tokenized(model, std::move(pairs), bytes);
  }

  RerankOptions options;
  std::shared_ptr<engines::RerankEngine> model;
  Batcher<Tokens, Result<float>> batcher;
};

Rerank::Rerank(RerankOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Rerank::~Rerank() = default;

Task<Ranking> Rerank::rerank(RerankRequest request) {
  const int top_n = request.top_n;
  auto reading = impl_->tokens_of(std::move(request));
  Result<std::vector<Tokens>> read = co_await reading;
  std::vector<Tokens> items = value_or_throw(std::move(read));
  Ranking ranking;
  for (const Tokens& item : items) ranking.tokens += static_cast<std::int64_t>(item.size());
  auto running = submit_by_length(impl_->batcher, std::move(items));
  std::vector<Result<float>> scores = co_await running;
  for (std::size_t i = 0; i < scores.size(); ++i)
    ranking.results.push_back({.index = static_cast<std::int64_t>(i), .score = value_or_throw(std::move(scores[i]))});
  std::ranges::sort(ranking.results, [](const RankedDocument& a, const RankedDocument& b) {
    return a.score != b.score ? a.score > b.score : a.index < b.index;
  });
  if (top_n > 0 && ranking.results.size() > static_cast<std::size_t>(top_n))
    ranking.results.resize(static_cast<std::size_t>(top_n));
  co_return ranking;
}

Task<Ranking> Rerank::call(RerankRequest request) { return rerank(std::move(request)); }

Task<std::string> Rerank::model_id() { co_return builtin::model_id(impl_->options.id, impl_->options.model); }

std::string Rerank::model_version() const { return version_of(impl_->options.model); }

}  // namespace manta::builtin
