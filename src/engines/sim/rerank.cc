#include <algorithm>

#include "engines/sim/call_clock.h"
#include "engines/sim/parts.h"
#include "engines/sim/words.h"

namespace manta::engines::sim {
namespace {

std::vector<std::uint64_t> distinct_words(std::string_view text) {
  std::vector<std::uint64_t> words = word_hashes(text);
  std::ranges::sort(words);
  words.erase(std::ranges::unique(words).begin(), words.end());
  return words;
}

float overlap(const RerankEngine::Pair& pair) {
  const auto query = distinct_words(pair.query), document = distinct_words(pair.document);
  const auto shared =
      std::ranges::count_if(query, [&](auto word) { return std::ranges::binary_search(document, word); });
  return query.empty() ? 0 : static_cast<float>(shared) / static_cast<float>(query.size());
}

class SimRerank final : public RerankEngine {
 public:
  explicit SimRerank(OptionReader& reader)
      : clock_(reader), max_tokens_(static_cast<std::size_t>(reader.integer("max_tokens", 256, 1, 1 << 20))) {}

  Result<std::vector<float>> score(std::span<const Pair> pairs) override {
    if (auto spent = clock_.spend(pairs.size()); !spent) return std::unexpected(spent.error());
    std::vector<float> scores(pairs.size());
    std::ranges::transform(pairs, scores.begin(), overlap);
    return scores;
  }

  Result<std::vector<std::size_t>> count_tokens(std::span<const Pair> pairs) override {
    std::vector<std::size_t> counts(pairs.size());
    std::ranges::transform(pairs, counts.begin(), [this](const Pair& pair) {
      return std::min(word_hashes(pair.query).size() + word_hashes(pair.document).size(), max_tokens_);
    });
    return counts;
  }

  std::size_t max_tokens() const override { return max_tokens_; }

 private:
  CallClock clock_;
  std::size_t max_tokens_;
};

}  // namespace

Result<std::unique_ptr<RerankEngine>> make_rerank(const EngineOptions& options) {
  OptionReader reader("sim rerank", options);
  auto engine = std::make_unique<SimRerank>(reader);
  if (auto read = reader.finish(); !read) return std::unexpected(read.error());
  return engine;
}

}  // namespace manta::engines::sim
