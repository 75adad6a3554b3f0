#include "runtime/ray/line_buffer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace manta::runtime {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(LineBufferTest, LinesMayComeInAnyPieces) {
  LineBuffer buffer(100);
  EXPECT_THAT(buffer.add("on"), IsEmpty());
  EXPECT_THAT(buffer.add("e\ntwo\nthr"), ElementsAre("one", "two"));
  EXPECT_THAT(buffer.add("ee\n\n"), ElementsAre("three", ""));
  EXPECT_FALSE(buffer.too_long());
}

TEST(LineBufferTest, ALineThatIsTooLongEndsIt) {
  LineBuffer buffer(4);
  EXPECT_THAT(buffer.add("1234\n12345"), ElementsAre("1234"));
  EXPECT_TRUE(buffer.too_long());
  EXPECT_THAT(buffer.add("\nok\n"), IsEmpty());
}

TEST(LineBufferTest, TheLimitHoldsForALineInManyPieces) {
  LineBuffer buffer(4);
  for (int i = 0; i < 5; ++i) EXPECT_THAT(buffer.add("x"), IsEmpty());
  EXPECT_TRUE(buffer.too_long());
}

}  // namespace
}  // namespace manta::runtime
