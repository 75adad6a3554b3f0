#include "api/query_string.h"

#include <gtest/gtest.h>

namespace manta::api {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

TEST(QueryStringTest, DecodesKeysAndValuesInOrder) {
  EXPECT_EQ(parse_query("b=x+y&a=%C3%A9&flag&=v"), (Fields{{"b", "x y"}, {"a", "\xc3\xa9"}, {"flag", ""}, {"", "v"}}));
}

TEST(QueryStringTest, LeavesBrokenEscapesAsTheyAre) {
  EXPECT_EQ(parse_query("a=%&b=%2&c=%zz"), (Fields{{"a", "%"}, {"b", "%2"}, {"c", "%zz"}}));
}

TEST(QueryStringTest, AnEscapeMayEndTheText) { EXPECT_EQ(percent_decode("a%20", false), "a "); }

TEST(QueryStringTest, PlusIsASpaceOnlyInQueries) {
  EXPECT_EQ(percent_decode("a+b", true), "a b");
  EXPECT_EQ(percent_decode("a+b", false), "a+b");
}

}  // namespace
}  // namespace manta::api
