#include "net/headers.h"

#include <gtest/gtest.h>

namespace manta::net {
namespace {

TEST(HeadersTest, KeepsOrderAndFindsTheFirst) {
  Headers headers{{"a", "1"}, {"b", "2"}, {"a", "3"}};
  EXPECT_EQ(headers.get("a"), "1");
  EXPECT_EQ(headers[2].value, "3");
  EXPECT_FALSE(headers.has("c"));
}

TEST(HeadersTest, SetReplacesEveryFieldOfThatName) {
  Headers headers{{"a", "1"}, {"b", "2"}, {"a", "3"}};
  headers.set("a", "4");
  EXPECT_EQ(headers.size(), 2u);
  EXPECT_EQ(headers.get("a"), "4");
  EXPECT_EQ(headers.get("b"), "2");
}

TEST(HeadersTest, TakesValuesThatAreItsOwn) {
  Headers headers{{"a", "some value that does not fit into a small buffer"}};
  for (int i = 0; i < 50; ++i) headers.add("b", *headers.get("a"));
  headers.set("a", *headers.get("b"));
  EXPECT_EQ(headers.get("a"), "some value that does not fit into a small buffer");
}

TEST(HeadersTest, LowersNamesButNotValues) {
  Headers headers;
  headers.add_lowered("X-Request-ID", "AbC");
  EXPECT_EQ(headers.get("x-request-id"), "AbC");
}

}  // namespace
}  // namespace manta::net
