#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace manta::engines::sim {

// A well-mixed 64-bit hash; the same on every machine and in every release.
std::uint64_t mix(std::uint64_t value);
std::uint64_t hash(std::string_view text, std::uint64_t seed = 0);
// In [0, 1), from a hash.
double unit_interval(std::uint64_t value);

// Hashes of the words of a text (white space separates), lower case for ASCII. The engine's tokens.
std::vector<std::uint64_t> word_hashes(std::string_view text);

// One of a few dozen short words, chosen by `value`.
std::string_view word(std::uint64_t value);

}  // namespace manta::engines::sim
