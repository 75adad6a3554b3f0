#include "net/headers.h"

#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace manta::net {
namespace {

TEST(HeadersTest, KeepsOrderAndFindsTheFirst) {
  Headers headers{{"a", "1"}, {"b", "2"}, {"a", "3"}};
  EXPECT_EQ(headers.get("a"), "1");
  std::string all;
  for (const auto [name, value] : headers) all.append(name).append("=").append(value).append(" ");
  EXPECT_EQ(all, "a=1 b=2 a=3 ");
  EXPECT_EQ(headers.size(), 3u);
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

TEST(HeadersTest, EmptyNamesAndValuesKeepTheirPlace) {
  Headers headers{{"a", ""}, {"", "2"}, {"c", "3"}};
  EXPECT_EQ(headers.get("a"), "");
  EXPECT_EQ(headers.get(""), "2");
  headers.remove("");
  EXPECT_EQ(headers.size(), 2u);
  EXPECT_EQ(headers.get("c"), "3");
}

TEST(HeadersTest, RemovesFieldsByWhatTheySay) {
  Headers headers{{"a", "1"}, {"long-name", "2"}, {"b", "1"}, {"c", "a longer value"}, {"d", "1"}};
  headers.remove_if([](const Headers::Field& field) { return field.value == "1"; });
  EXPECT_EQ(headers.size(), 2u);
  EXPECT_EQ(headers.get("long-name"), "2");
  EXPECT_EQ(headers.get("c"), "a longer value");
  headers.remove_if([](const Headers::Field&) { return true; });
  EXPECT_TRUE(headers.empty());
}

TEST(HeadersTest, MovedFromTheyAreEmpty) {
  Headers headers{{"a", "1"}};
  const Headers taken = std::move(headers);
  headers.clear();
  EXPECT_TRUE(headers.empty());
  EXPECT_EQ(headers.size(), 0u);
  headers.add("b", "2");
  EXPECT_EQ(headers.get("b"), "2");
  EXPECT_EQ(taken.get("a"), "1");
}

TEST(HeadersTest, LowersNamesButNotValues) {
  Headers headers;
  headers.add_lowered("X-Request-ID", "AbC");
  EXPECT_EQ(headers.get("x-request-id"), "AbC");
}

}  // namespace
}  // namespace manta::net
