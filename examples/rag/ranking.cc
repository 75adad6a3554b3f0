#include "ranking.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <functional>
#include <map>
#include <numeric>
#include <set>

namespace rag {
namespace {

constexpr double kRankOffset = 10;  // how little the first ranks differ; small, as there are few candidates
constexpr double kSaturation = 1.2, kLengthPart = 0.75;

// "freed", "frees", "freeing": "fre". Crude, but alike on both sides.
std::string without_ending(std::string word) {
  for (const std::string_view ending : {"ing", "ies", "ed", "es", "s"})
    if (word.ends_with(ending) && word.size() >= ending.size() + 3) return word.substr(0, word.size() - ending.size());
  return word;
}

// Bytes above ASCII are letters.
bool in_word(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x80 || std::isalnum(byte) != 0;
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  for (auto at = text.begin(); at != text.end();) {
    const auto begin = std::find_if(at, text.end(), in_word);
    at = std::find_if_not(begin, text.end(), in_word);
    if (begin == at) break;
    std::string word(begin, at);
    std::ranges::transform(word, word.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    words.push_back(without_ending(std::move(word)));
  }
  return words;
}

struct WordCounts {
  std::map<std::string, double, std::less<>> of;
  double total = 0;
};

WordCounts count_words(std::string_view text) {
  WordCounts counts;
  for (std::string& word : words_of(text)) {
    ++counts.of[std::move(word)];
    ++counts.total;
  }
  return counts;
}

}  // namespace

std::vector<double> word_scores(std::string_view query, const std::vector<std::string>& texts) {
  std::vector<WordCounts> counts;
  double total = 0;
  for (const std::string& text : texts) total += counts.emplace_back(count_words(text)).total;
  const auto n = static_cast<double>(texts.size());
  std::vector<double> scores(texts.size());
  const auto words = words_of(query);
  for (const std::string& word : std::set<std::string>(words.begin(), words.end())) {
    const auto having = static_cast<double>(
        std::ranges::count_if(counts, [&](const WordCounts& text) { return text.of.contains(word); }));
    const double rarity = std::log(1 + (n - having + 0.5) / (having + 0.5));
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const auto found = counts[i].of.find(word);
      if (found == counts[i].of.end()) continue;
      const double damping = kSaturation * (1 - kLengthPart + kLengthPart * counts[i].total * n / total);
      scores[i] += rarity * found->second * (kSaturation + 1) / (found->second + damping);
    }
  }
  return scores;
}

std::vector<double> fused(const std::vector<Vote>& votes) {
  std::vector<double> sums(votes.empty() ? 0 : votes.front().scores.size());
  double most = 0;
  for (const Vote& vote : votes) {
    most += vote.weight / (kRankOffset + 1);
    const auto order = best_of(vote.scores, vote.scores.size());
    for (std::size_t rank = 0; rank < order.size(); ++rank)
      sums[order[rank]] += vote.weight / (kRankOffset + static_cast<double>(rank + 1));
  }
  for (double& sum : sums) sum /= most;
  return sums;
}

std::vector<std::size_t> best_of(const std::vector<double>& scores, std::size_t count) {
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), 0u);
  std::ranges::sort(
      order, [&](std::size_t a, std::size_t b) { return scores[a] != scores[b] ? scores[a] > scores[b] : a < b; });
  order.resize(std::min(count, order.size()));
  return order;
}

}  // namespace rag
