#include "engines/onnx/rerank.h"

#include "engines/message.h"
#include "engines/onnx/batch_runner.h"

namespace manta::engines::onnx {
namespace {

class OnnxRerank final : public RerankEngine {
 public:
  explicit OnnxRerank(std::unique_ptr<BatchRunner> runner) : runner_(std::move(runner)) {}

  Result<std::vector<Tokens>> tokenize(std::span<const Pair> pairs) const override {
    std::vector<std::string_view> queries, documents;
    for (const Pair& pair : pairs) {
      queries.push_back(pair.query);
      documents.push_back(pair.document);
    }
    return runner_->tokenizer().encode(queries, documents);
  }

  Result<std::vector<float>> score(std::span<const Tokens> inputs) override {
    std::vector<float> scores(inputs.size());
    const auto take = [&](std::span<const std::size_t> rows, const Output& output) -> Result<void> {
      const std::size_t columns = output.values().size() / rows.size();
      if (columns < 1 || columns > 2)
        return fail(ErrorCode::InvalidArgument,
                    message("{} yields {} numbers per pair; a reranker yields 1, or 2 of which the second is the score",
                            runner_->session().path(), columns));
      for (std::size_t i = 0; i < rows.size(); ++i) scores[rows[i]] = output.values()[i * columns + columns - 1];
      return {};
    };
    if (auto ran = runner_->run(inputs, take); !ran) return std::unexpected(ran.error());
    return scores;
  }

  std::size_t max_tokens() const override { return runner_->tokenizer().max_tokens(); }

 private:
  std::unique_ptr<BatchRunner> runner_;
};

}  // namespace

Result<std::unique_ptr<RerankEngine>> make_rerank(Ort::Env& env, const EngineOptions& options) {
  OptionReader reader("onnx rerank", options);
  const BatchRunner::Options common = BatchRunner::read(reader);
  if (auto read = reader.finish(); !read) return std::unexpected(read.error());
  auto runner = BatchRunner::open(env, common);
  if (!runner) return std::unexpected(runner.error());
  auto engine = std::make_unique<OnnxRerank>(std::move(*runner));
  const RerankEngine::Pair pair{"manta", "ray"};
  if (auto scored = engine->score_pairs(std::span(&pair, 1)); !scored) return std::unexpected(scored.error());
  return engine;
}

}  // namespace manta::engines::onnx
