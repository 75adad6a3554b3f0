#include "engines/generation/utf8_gate.h"

#include <gtest/gtest.h>

#include "engines/utf8.h"

namespace manta::engines {
namespace {

std::string through_gate(std::string_view bytes, std::size_t piece) {
  Utf8Gate gate;
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += piece) text += gate.push(bytes.substr(i, piece));
  return text + gate.finish();
}

TEST(Utf8GateTest, HoldsACharacterUntilItsLastByte) {
  Utf8Gate gate;
  EXPECT_EQ(gate.push("a\xE6\x9D"), "a");
  EXPECT_EQ(gate.push("\xB1"), "東");
  EXPECT_EQ(gate.finish(), "");
}

TEST(Utf8GateTest, ReplacesACharacterCutOffAtTheEnd) {
  Utf8Gate gate;
  EXPECT_EQ(gate.push("x\xF0\x9F\x98"), "x");
  EXPECT_EQ(gate.finish(), "\uFFFD");
}

TEST(Utf8GateTest, ReplacesInvalidBytesAsPythonDoes) {
  // Expected values: bytes.decode(errors="replace")
  EXPECT_EQ(through_gate("a\xFF"
                         "b",
                         8),
            "a\uFFFDb");
  EXPECT_EQ(through_gate("\xC0\xAF", 8), "\uFFFD\uFFFD");
  EXPECT_EQ(through_gate("\xE2\x82"
                         "A",
                         8),
            "\uFFFD"
            "A");
  EXPECT_EQ(through_gate("\xED\xA0\x80", 8), "\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(through_gate("\xF4\x90\x80\x80", 8), "\uFFFD\uFFFD\uFFFD\uFFFD");
}

TEST(Utf8GateTest, GivesTheSameTextHoweverTheBytesAreCut) {
  const std::string bytes = "Grüße, 東京 😀\xFF\xE2\x82 done \xF0\x9F";
  const std::string whole = through_gate(bytes, bytes.size());
  for (std::size_t piece = 1; piece < bytes.size(); ++piece) EXPECT_EQ(through_gate(bytes, piece), whole) << piece;
}

TEST(Utf8Test, FindsTheFirstInvalidByte) {
  EXPECT_EQ(utf8_valid_prefix("plain"), 5U);
  EXPECT_EQ(utf8_valid_prefix("東京"), 6U);
  EXPECT_EQ(utf8_valid_prefix("ab\x80"), 2U);
  EXPECT_EQ(utf8_valid_prefix("ab\xE6\x9D"), 2U);
  EXPECT_EQ(utf8_valid_prefix(""), 0U);
}

}  // namespace
}  // namespace manta::engines
