#include <algorithm>
#include <cmath>

#include "engines/message.h"
#include "engines/sim/call_clock.h"
#include "engines/sim/parts.h"
#include "engines/sim/words.h"
#include "engines/utf8.h"

namespace manta::engines::sim {
namespace {

void add_word(std::uint64_t word, std::span<float> sum) {
  for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += static_cast<float>(unit_interval(mix(word + i)) - 0.5);
}

void scale_to_unit(std::span<float> vector) {
  float squares = 0;
  for (const float value : vector) squares += value * value;
  const float scale = 1.0F / std::sqrt(squares);
  for (float& value : vector) value *= scale;
}

class SimEmbedding final : public EmbeddingEngine {
 public:
  explicit SimEmbedding(OptionReader& reader)
      : clock_(reader),
        dimensions_(static_cast<std::size_t>(reader.integer("dimensions", 32, 1, 65536))),
        max_tokens_(static_cast<std::size_t>(reader.integer("max_tokens", 256, 1, 1 << 20))) {}

  Result<std::vector<Tokens>> tokenize(std::span<const std::string> texts) const override {
    std::vector<Tokens> inputs;
    for (std::size_t i = 0; i < texts.size(); ++i) {
      if (utf8_valid_prefix(texts[i]) < texts[i].size())
        return fail(ErrorCode::InvalidArgument, message("text {} is not valid UTF-8", i), message("$[{}]", i));
      inputs.push_back(words_of({texts[i]}, max_tokens_));
    }
    return inputs;
  }

  Result<Matrix> embed(std::span<const Tokens> inputs) override {
    if (auto spent = clock_.spend(inputs.size()); !spent) return std::unexpected(spent.error());
    Matrix matrix{.rows = inputs.size(), .columns = dimensions_};
    matrix.values.resize(matrix.rows * matrix.columns);
    for (std::size_t row = 0; row < inputs.size(); ++row) {
      const std::span<float> out(matrix.values.data() + row * dimensions_, dimensions_);
      for (const std::int64_t word : inputs[row].ids) add_word(static_cast<std::uint64_t>(word), out);
      if (inputs[row].ids.empty()) out[0] = 1;
      scale_to_unit(out);
    }
    return matrix;
  }

  std::size_t dimensions() const override { return dimensions_; }
  std::size_t max_tokens() const override { return max_tokens_; }

 private:
  CallClock clock_;
  std::size_t dimensions_, max_tokens_;
};

}  // namespace

Result<std::unique_ptr<EmbeddingEngine>> make_embedding(const EngineOptions& options) {
  OptionReader reader("sim embedding", options);
  auto engine = std::make_unique<SimEmbedding>(reader);
  if (auto read = reader.finish(); !read) return std::unexpected(read.error());
  return engine;
}

}  // namespace manta::engines::sim
