#include "api/path_parameters.h"

#include <gtest/gtest.h>

namespace manta::api {
namespace {

using Found = std::map<std::string, std::string>;

TEST(PathParametersTest, TakesSegmentsForNames) {
  EXPECT_EQ(path_parameters("/items/{id}/parts/{part}", "/items/7/parts/b", false),
            (Found{{"id", "7"}, {"part", "b"}}));
}

TEST(PathParametersTest, DiffersInLiteralsOrLengthIsNoMatch) {
  EXPECT_FALSE(path_parameters("/items/{id}", "/things/7", false));
  EXPECT_FALSE(path_parameters("/items/{id}", "/items/7/x", false));
  EXPECT_FALSE(path_parameters("/items/{id}", "/items", false));
}

TEST(PathParametersTest, AStarTakesEverythingBelow) {
  EXPECT_TRUE(path_parameters("/v1/*", "/v1/chat/completions", false));
  EXPECT_FALSE(path_parameters("/v1/*", "/v2/chat", false));
}

TEST(PathParametersTest, AStarInTheMiddleIsASegmentLikeOthers) {
  EXPECT_TRUE(path_parameters("/a/*/b", "/a/*/b", false));
  EXPECT_FALSE(path_parameters("/a/*/b", "/a/x/b", false));
}

TEST(PathParametersTest, APrefixMayStandBefore) {
  EXPECT_EQ(path_parameters("/items/{id}", "/shop/items/7", true), (Found{{"id", "7"}}));
  EXPECT_TRUE(path_parameters("/v1/*", "/shop/v1/chat/completions", true));
  EXPECT_FALSE(path_parameters("/items/{id}", "/shop/things/7", true));
  EXPECT_FALSE(path_parameters("/items/{id}", "/shop/items/7/x", true));
}

TEST(PathParametersTest, SlashesTooManySayNothing) {
  EXPECT_EQ(path_parameters("/items/{id}/", "//items//7", false), (Found{{"id", "7"}}));
  EXPECT_TRUE(path_parameters("/", "/", true));
  EXPECT_TRUE(path_parameters("/", "", false));
  EXPECT_FALSE(path_parameters("/", "/items", true)) << "an end of a path is no path";
  EXPECT_FALSE(path_parameters("/items", "", true));
}

}  // namespace
}  // namespace manta::api
