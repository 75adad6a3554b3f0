#include "engines/generation/ngram_lookup.h"

#include <algorithm>

namespace manta::engines {
namespace {

// How many tokens before `end` (exclusive) equal those at the end of `tokens`.
std::size_t common_end(std::span<const Token> tokens, std::size_t end) {
  const std::size_t most = std::min(end, kLongestMatch);
  std::size_t length = 0;
  while (length < most && tokens[end - 1 - length] == tokens[tokens.size() - 1 - length]) ++length;
  return length;
}

}  // namespace

NgramMatch ngram_lookup(std::span<const Token> tokens, std::size_t most) {
  NgramMatch match;
  std::size_t follows = 0;
  for (std::size_t end = tokens.size(); --end >= kShortestMatch && end < tokens.size();) {
    if (tokens[end - 1] != tokens.back()) continue;
    const std::size_t length = common_end(tokens, end);
    if (length <= match.length) continue;
    match.length = length;
    follows = end;
    if (length == kLongestMatch) break;
  }
  if (match.length < kShortestMatch) return {};
  match.continuation.reserve(most);
  for (std::size_t at = follows; match.continuation.size() < most; ++at)
    match.continuation.push_back(at < tokens.size() ? tokens[at] : match.continuation[at - tokens.size()]);
  return match;
}

}  // namespace manta::engines
