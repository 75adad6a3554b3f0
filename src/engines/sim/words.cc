#include "engines/sim/words.h"

#include <algorithm>
#include <array>
#include <string>

namespace manta::engines::sim {
namespace {

constexpr std::array<std::string_view, 32> kWords = {
    "the",   "ray",   "glides", "over",  "a",     "reef",  "and",   "model", "serves", "many",  "small",
    "waves", "with",  "steady", "light", "under", "deep",  "water", "while", "tokens", "drift", "along",
    "quiet", "sands", "toward", "open",  "sea",   "where", "café",  "naïve", "東京",   "clear"};

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

}  // namespace

std::uint64_t mix(std::uint64_t value) {  // SplitMix64
  value += 0x9E3779B97F4A7C15U;
  value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9U;
  value = (value ^ (value >> 27)) * 0x94D049BB133111EBU;
  return value ^ (value >> 31);
}

std::uint64_t hash(std::string_view text, std::uint64_t seed) {  // FNV-1a, then mixed
  std::uint64_t value = 0xCBF29CE484222325U ^ mix(seed);
  for (const char c : text) value = (value ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
  return mix(value);
}

double unit_interval(std::uint64_t value) { return static_cast<double>(value >> 11) * 0x1.0p-53; }

std::vector<std::uint64_t> word_hashes(std::string_view text) {
  std::vector<std::uint64_t> hashes;
  std::string current;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && !is_space(text[i])) {
      current += lower(text[i]);
    } else if (!current.empty()) {
      hashes.push_back(hash(current));
      current.clear();
    }
  }
  return hashes;
}

Tokens words_of(std::initializer_list<std::string_view> texts, std::size_t most) {
  Tokens tokens;
  std::int64_t type = 0;
  for (const std::string_view text : texts) {
    for (const std::uint64_t word : word_hashes(text)) tokens.ids.push_back(static_cast<std::int64_t>(word));
    tokens.ids.resize(std::min(tokens.ids.size(), most));
    tokens.types.resize(tokens.ids.size(), type++);
  }
  return tokens;
}

std::string_view word(std::uint64_t value) { return kWords[value % kWords.size()]; }

}  // namespace manta::engines::sim
