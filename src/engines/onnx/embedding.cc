#include "engines/onnx/embedding.h"

#include <algorithm>

#include "engines/message.h"
#include "engines/onnx/batch_runner.h"
#include "engines/onnx/pooling.h"

namespace manta::engines::onnx {
namespace {

enum class Pooling { None, Mean, First };

std::vector<std::string_view> views(std::span<const std::string> texts) { return {texts.begin(), texts.end()}; }

class OnnxEmbedding final : public EmbeddingEngine {
 public:
  OnnxEmbedding(std::unique_ptr<BatchRunner> runner, Pooling pooling, bool normalizes)
      : runner_(std::move(runner)), pooling_(pooling), normalizes_(normalizes) {}

  Result<std::vector<Tokens>> tokenize(std::span<const std::string> texts) const override {
    return runner_->tokenizer().encode(views(texts));
  }

  Result<Matrix> embed(std::span<const Tokens> inputs) override {
    Matrix matrix{.rows = inputs.size(), .columns = dimensions_};
    matrix.values.resize(matrix.rows * matrix.columns);
    const auto take = [&](std::span<const std::size_t> rows, const Output& output) {
      return take_batch(inputs, rows, output, matrix);
    };
    if (auto ran = runner_->run(inputs, take); !ran) return std::unexpected(ran.error());
    return matrix;
  }

  std::size_t dimensions() const override { return dimensions_; }
  std::size_t max_tokens() const override { return runner_->tokenizer().max_tokens(); }

  // Runs once to find the dimensions.
  Result<void> warm_up() {
    const std::string_view text = "manta";
    const auto tokens = runner_->tokenizer().encode(std::span(&text, 1));
    if (!tokens) return std::unexpected(tokens.error());
    return runner_->run(*tokens, [this](std::span<const std::size_t>, const Output& output) -> Result<void> {
      dimensions_ = static_cast<std::size_t>(output.shape().back());
      return {};
    });
  }

 private:
  Result<void> take_batch(std::span<const Tokens> inputs, std::span<const std::size_t> rows, const Output& output,
                          Matrix& matrix) const {
    const std::size_t stride = output.values().size() / rows.size();
    if (static_cast<std::size_t>(output.shape().back()) != dimensions_ || stride < dimensions_)
      return fail(ErrorCode::Internal, message("{} changed its output from {} dimensions to {}",
                                               runner_->session().path(), dimensions_, output.shape().back()));
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const auto hidden = output.values().subspan(i * stride, stride);
      const std::span<float> out(matrix.values.data() + rows[i] * dimensions_, dimensions_);
      if (pooling_ == Pooling::Mean)
        pool_mean(hidden, inputs[rows[i]].size(), out);
      else
        pool_first(hidden, out);  // a pooled output has one row
      if (normalizes_) normalize(out);
    }
    return {};
  }

  std::unique_ptr<BatchRunner> runner_;
  Pooling pooling_;
  bool normalizes_;
  std::size_t dimensions_ = 0;
};

// auto: mean of the hidden states, or the output as it is when the model pools itself.
Result<Pooling> pooling_for(const std::string& choice, const Session& session) {
  const bool is_pooled = session.output_rank() == 2;
  if (session.output_rank() == 1)
    return fail(ErrorCode::InvalidArgument,
                message("{} yields one number per text, not a vector; is it a reranker?", session.path()));
  if (choice == "none" && !is_pooled)
    return fail(
        ErrorCode::InvalidArgument,
        message("{} yields hidden states [batch, tokens, n]: choose pooling mean or cls, not none", session.path()));
  if ((choice == "mean" || choice == "cls") && is_pooled)
    return fail(
        ErrorCode::InvalidArgument,
        message("{} yields pooled vectors [batch, n]: choose pooling auto or none, not {}, or name a rank-3 output "
                "with the option 'output'",
                session.path(), choice));
  if (is_pooled) return Pooling::None;
  return choice == "cls" ? Pooling::First : Pooling::Mean;
}

}  // namespace

Result<std::unique_ptr<EmbeddingEngine>> make_embedding(Ort::Env& env, const EngineOptions& options) {
  OptionReader reader("onnx embedding", options);
  const BatchRunner::Options common = BatchRunner::read(reader);
  const std::string choice = reader.choice("pooling", "auto", {"auto", "mean", "cls", "none"});
  const bool normalizes = reader.flag("normalize", true);
  if (auto read = reader.finish(); !read) return std::unexpected(read.error());
  auto runner = BatchRunner::open(env, common);
  if (!runner) return std::unexpected(runner.error());
  const auto pooling = pooling_for(choice, (*runner)->session());
  if (!pooling) return std::unexpected(pooling.error());
  auto engine = std::make_unique<OnnxEmbedding>(std::move(*runner), *pooling, normalizes);
  if (auto warm = engine->warm_up(); !warm) return std::unexpected(warm.error());
  return engine;
}

}  // namespace manta::engines::onnx
