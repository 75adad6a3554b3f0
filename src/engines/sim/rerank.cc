#include <algorithm>
#include <set>

#include "engines/sim/call_clock.h"
#include "engines/sim/parts.h"
#include "engines/sim/words.h"

namespace manta::engines::sim {
namespace {

float overlap(const Tokens& pair) {
  std::set<std::int64_t> words[2];  // of the query and of the document
  for (std::size_t i = 0; i < pair.size(); ++i) words[pair.types[i]].insert(pair.ids[i]);
  const auto& [query, document] = words;
  const auto shared = std::ranges::count_if(query, [&](auto word) { return document.contains(word); });
  return query.empty() ? 0 : static_cast<float>(shared) / static_cast<float>(query.size());
}

class SimRerank final : public RerankEngine {
 public:
  explicit SimRerank(OptionReader& reader)
      : clock_(reader), max_tokens_(static_cast<std::size_t>(reader.integer("max_tokens", 256, 1, 1 << 20))) {}

  Result<std::vector<Tokens>> tokenize(std::span<const Pair> pairs) const override {
    std::vector<Tokens> inputs;
    for (const Pair& pair : pairs) inputs.push_back(words_of({pair.query, pair.document}, max_tokens_));
    return inputs;
  }

  Result<std::vector<float>> score(std::span<const Tokens> inputs) override {
    if (auto spent = clock_.spend(inputs.size()); !spent) return std::unexpected(spent.error());
    std::vector<float> scores(inputs.size());
    std::ranges::transform(inputs, scores.begin(), overlap);
    return scores;
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
