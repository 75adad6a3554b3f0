#include "engines/generation/stop_matcher.h"

#include <gtest/gtest.h>

#include <random>

namespace manta::engines {
namespace {

struct Seen {
  std::string text;
  bool stopped = false;
  bool operator==(const Seen&) const = default;
};

Seen match(const std::vector<std::string>& stops, const std::vector<std::string>& pieces) {
  StopMatcher matcher(stops);
  Seen seen;
  for (const std::string& piece : pieces) {
    const auto output = matcher.push(piece);
    seen.text += output.text;
    if (output.stopped) return {seen.text, true};
  }
  seen.text += matcher.finish();
  return seen;
}

TEST(StopMatcherTest, LetsEverythingThroughWithoutStops) {
  StopMatcher matcher({});
  EXPECT_EQ(matcher.push("any text").text, "any text");
}

TEST(StopMatcherTest, HoldsBackWhatCouldStartAStop) {
  StopMatcher matcher({"\n\nUser:"});
  EXPECT_EQ(matcher.push("Hello\n").text, "Hello");
  EXPECT_EQ(matcher.push("\nUs").text, "");
  EXPECT_EQ(matcher.push("e it").text, "\n\nUse it");
}

TEST(StopMatcherTest, StopsAcrossPiecesAndDropsTheStop) {
  EXPECT_EQ(match({"END"}, {"one E", "N", "D two"}), (Seen{"one ", true}));
}

TEST(StopMatcherTest, LetsOutAHeldPrefixAtTheEnd) { EXPECT_EQ(match({"END"}, {"one EN"}), (Seen{"one EN", false})); }

TEST(StopMatcherTest, HoldsALongerCandidateAfterAShorterFails) {
  EXPECT_EQ(match({"aab"}, {"a", "a", "a", "b", "c"}), (Seen{"a", true}));
}

TEST(StopMatcherTest, TakesTheStopThatIsCompleteFirst) {
  EXPECT_EQ(match({"abcd", "bc"}, {"xabcd"}), (Seen{"xa", true}));
  EXPECT_EQ(match({"bc", "abc"}, {"xabc"}), (Seen{"x", true}));
}

TEST(StopMatcherTest, IgnoresEmptyStops) { EXPECT_EQ(match({"", "Z"}, {"ab"}), (Seen{"ab", false})); }

TEST(StopMatcherTest, DoesNotDependOnWhereTheTextIsCut) {
  std::mt19937 random(7);
  const auto letters = [&](std::size_t size) {
    std::string text(size, 'a');
    for (char& c : text) c = static_cast<char>('a' + random() % 2);
    return text;
  };
  for (int round = 0; round < 2000; ++round) {
    const std::string text = letters(24);
    const std::vector<std::string> stops = {letters(2 + random() % 5), letters(3 + random() % 4)};
    std::vector<std::string> pieces;
    for (std::size_t at = 0; at < text.size();) {
      pieces.push_back(text.substr(at, 1 + random() % 4));
      at += pieces.back().size();
    }
    EXPECT_EQ(match(stops, pieces), match(stops, {text})) << text << " / " << stops[0] << " / " << stops[1];
  }
}

}  // namespace
}  // namespace manta::engines
