#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <vector>

#include "engines/engine.h"

namespace manta::engines::sim {

// A well-mixed 64-bit hash; the same on every machine and in every release.
std::uint64_t mix(std::uint64_t value);
std::uint64_t hash(std::string_view text, std::uint64_t seed = 0);
// In [0, 1), from a hash.
double unit_interval(std::uint64_t value);

// Hashes of the words of a text (white space separates), lower case for ASCII. The engine's tokens.
std::vector<std::uint64_t> word_hashes(std::string_view text);

// The words of a text, or of a pair of texts, as tokens; at most so many.
Tokens words_of(std::initializer_list<std::string_view> texts, std::size_t most);

// One of a few dozen short words, chosen by `value`.
std::string_view word(std::uint64_t value);

}  // namespace manta::engines::sim
