#include "engines/generation/ngram_lookup.h"

#include <gtest/gtest.h>

#include <numeric>

namespace manta::engines {
namespace {

using Tokens = std::vector<Token>;

struct LookupCase {
  const char* what;
  Tokens tokens;
  std::size_t most;
  std::size_t length;
  Tokens continuation;
};

TEST(NgramLookupTest, FindsTheLongestEndThatOccurredBefore) {
  const LookupCase cases[] = {
      {"nothing at all", {}, 4, 0, {}},
      {"one token", {7}, 4, 0, {}},
      {"no repetition", {1, 2, 3, 4, 5}, 4, 0, {}},
      {"one equal token is too short", {1, 2, 3, 1}, 4, 0, {}},
      {"two equal tokens", {1, 2, 3, 4, 1, 2}, 2, 2, {3, 4}},
      {"at the very start", {1, 2, 9, 1, 2}, 1, 2, {9}},
      {"the longer match, though older", {5, 1, 2, 8, 8, 6, 1, 2, 9, 9, 5, 1, 2}, 2, 3, {8, 8}},
      {"of equal matches the latest", {1, 2, 8, 3, 1, 2, 9, 3, 4, 1, 2}, 1, 2, {9}},
      {"no more than asked for", {1, 2, 3, 4, 5, 1, 2}, 3, 2, {3, 4, 5}},
      {"past the end it goes on with itself", {1, 2, 3, 1, 2}, 7, 2, {3, 1, 2, 3, 1, 2, 3}},
      {"a loop of one token", {4, 4, 4, 4}, 3, 3, {4, 4, 4}},
      {"none asked for", {1, 2, 3, 1, 2}, 0, 2, {}},
  };
  for (const LookupCase& c : cases) {
    const NgramMatch match = ngram_lookup(c.tokens, c.most);
    EXPECT_EQ(match.length, c.length) << c.what;
    EXPECT_EQ(match.continuation, c.continuation) << c.what;
  }
}

TEST(NgramLookupTest, AMatchOfTheGreatestLengthEndsTheSearch) {
  Tokens tokens(3 * kLongestMatch);
  std::iota(tokens.begin(), tokens.end(), 0);
  const Tokens once = tokens;
  tokens.insert(tokens.end(), once.begin(), once.end());
  const NgramMatch match = ngram_lookup(tokens, 3);
  EXPECT_EQ(match.length, kLongestMatch);
  EXPECT_EQ(match.continuation, (Tokens{0, 1, 2}));
}

}  // namespace
}  // namespace manta::engines
