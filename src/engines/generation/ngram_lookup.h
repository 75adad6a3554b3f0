#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "engines/generation/generation.h"

namespace manta::engines {

// A guess at what follows a text, from the text itself.
struct NgramMatch {
  std::size_t length = 0;           // tokens at the end of the text that stand earlier in it too; 0 = nothing found
  std::vector<Token> continuation;  // what followed them there
};

inline constexpr std::size_t kShortestMatch = 2, kLongestMatch = 32;

// Looks for the longest end of `tokens` (kShortestMatch to kLongestMatch tokens) that also occurs before, and takes
// `most` tokens that follow it there; of equally long ones the latest. A continuation that reaches the end of `tokens`
// goes on with itself, as in a loop. Reads `tokens` once from the back: about a nanosecond each.
NgramMatch ngram_lookup(std::span<const Token> tokens, std::size_t most);

}  // namespace manta::engines
