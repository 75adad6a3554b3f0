#include "runtime/local/output_capture.h"

#include <gtest/gtest.h>

namespace manta::runtime {
namespace {

TEST(OutputTailTest, PassesOnWholeLinesHoweverTheyAreCut) {
  OutputTail tail;
  std::string lines;
  const auto on_line = [&](std::string_view line) { lines += std::string(line) + "|"; };
  tail.add("fir", on_line);
  tail.add("st\nsecond\nth", on_line);
  EXPECT_EQ(lines, "first|second|");
  EXPECT_EQ(tail.text(), "first\nsecond\nth");
}

TEST(OutputTailTest, KeepsTheLastLinesOnly) {
  OutputTail tail;
  for (int i = 0; i < 100; ++i) tail.add("line " + std::to_string(i) + "\n", nullptr);
  EXPECT_TRUE(tail.text().starts_with("line 60\n"));
  EXPECT_TRUE(tail.text().ends_with("line 99"));
}

TEST(OutputTailTest, ALineWithoutEndIsBounded) {
  OutputTail tail;
  for (int i = 0; i < 1000; ++i) tail.add(std::string(1000, 'x'), nullptr);
  EXPECT_LE(tail.text().size(), 41'100u);
}

TEST(OutputTailTest, BytesThatAreNotUtf8BecomeQuestionMarks) {
  OutputTail tail;
  tail.add("\x1b[31mgr\xc3\xbc\xc3\x9f\xff\xe2\x82\xac \xed\xa0\x80\n", nullptr);
  EXPECT_EQ(tail.text(), "?[31mgr\xc3\xbc\xc3\x9f?\xe2\x82\xac ???");
}

}  // namespace
}  // namespace manta::runtime
