#include "replica/response_cache.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "net/wire.h"
#include "replica/response_cache_key.h"

namespace manta::replica {
namespace {

using std::chrono::seconds;

constexpr TimePoint kStart{std::chrono::hours(1)};

net::Response answer(std::string body) { return {.status = 200, .headers = {}, .body = std::move(body)}; }

std::string body_of(ResponseCache& cache, std::string_view key, TimePoint now = kStart) {
  const net::Response* const found = cache.find(key, now);
  return found ? found->body : "none";
}

TEST(ResponseCacheTest, GivesAnAnswerUntilItsTime) {
  ResponseCache cache(1 << 20);
  cache.keep("k", answer("one"), kStart + seconds(10));
  EXPECT_EQ(body_of(cache, "k", kStart + seconds(10) - std::chrono::nanoseconds(1)), "one");
  EXPECT_EQ(body_of(cache, "other"), "none");
  EXPECT_EQ(body_of(cache, "k", kStart + seconds(10)), "none");
  EXPECT_EQ(cache.size(), 0u);
  EXPECT_EQ(cache.bytes(), 0u);
}

TEST(ResponseCacheTest, TheLeastRecentlyUsedGoesFirst) {
  ResponseCache cache(3000);
  for (const char* key : {"a", "b", "c"}) cache.keep(key, answer(std::string(600, *key)), kStart + seconds(10));
  EXPECT_EQ(cache.size(), 3u);
  EXPECT_NE(cache.find("a", kStart), nullptr);  // now "b" is the oldest
  cache.keep("d", answer(std::string(600, 'd')), kStart + seconds(10));
  EXPECT_EQ(body_of(cache, "b"), "none");
  EXPECT_NE(body_of(cache, "a"), "none");
  EXPECT_EQ(cache.evictions(), 1u);
  EXPECT_LE(cache.bytes(), 3000u);
}

TEST(ResponseCacheTest, ReplacingCountsTheBytesOnce) {
  ResponseCache cache(1 << 20);
  cache.keep("k", answer("one"), kStart + seconds(10));
  const std::size_t once = cache.bytes();
  cache.keep("k", answer("two"), kStart + seconds(20));
  EXPECT_EQ(cache.bytes(), once);
  EXPECT_EQ(body_of(cache, "k", kStart + seconds(15)), "two");
}

TEST(ResponseCacheTest, WhatIsTooLargeIsNotKept) {
  ResponseCache cache(1000);
  cache.keep("small", answer("x"), kStart + seconds(10));
  cache.keep("large", answer(std::string(2000, 'x')), kStart + seconds(10));
  EXPECT_EQ(body_of(cache, "large"), "none");
  EXPECT_EQ(body_of(cache, "small"), "x");
}

TEST(ResponseCacheTest, LessRoomEvictsAndClearingForgets) {
  ResponseCache cache(1 << 20);
  cache.keep("a", answer("x"), kStart + seconds(10));
  cache.keep("b", answer("x"), kStart + seconds(10));
  cache.set_max_bytes(cache.bytes() - 1);
  EXPECT_EQ(cache.size(), 1u);
  EXPECT_EQ(body_of(cache, "b"), "x");
  cache.clear();
  EXPECT_EQ(cache.bytes(), 0u);
  EXPECT_EQ(body_of(cache, "b"), "none");
}

net::Request request(net::Headers headers, std::string body, std::string target = "/call") {
  return {.method = "POST", .target = std::move(target), .headers = std::move(headers), .body = std::move(body)};
}

TEST(ResponseCacheKeyTest, EveryThingThatMattersMakesAnotherKey) {
  const spec::MethodSpec method{.name = "call", .idempotent = true};
  const std::string plain = cache_key(request({}, "{}"), method);
  EXPECT_EQ(cache_key(request({{"x-request-id", "7"}, {"user-agent", "x"}}, "{}"), method), plain);
  const std::string others[] = {
      cache_key(request({}, "{} "), method),
      cache_key(request({}, "{}"), {.name = "call2"}),
      cache_key(request({{net::wire::kTenant, "t"}}, "{}"), method),
      cache_key(request({{net::wire::kModelId, "t"}}, "{}"), method),
      cache_key(request({{"content-type", net::wire::kMsgPack}}, "{}"), method),
      cache_key(request({{"accept", net::wire::kMsgPack}}, "{}"), method),
      cache_key(request({}, "", "/call?x=1"), method),
  };
  for (const std::string& other : others) {
    EXPECT_NE(other, plain);
    EXPECT_EQ(std::ranges::count(others, other), 1) << other;
  }
}

struct ControlCase {
  const char* header;
  bool no_cache, no_store;
};
class CacheControlTest : public ::testing::TestWithParam<ControlCase> {};

TEST_P(CacheControlTest, IsRead) {
  const CacheControl control = cache_control({{"cache-control", GetParam().header}});
  EXPECT_EQ(control.no_cache, GetParam().no_cache);
  EXPECT_EQ(control.no_store, GetParam().no_store);
}
INSTANTIATE_TEST_SUITE_P(Table, CacheControlTest,
                         ::testing::Values(ControlCase{"", false, false}, ControlCase{"no-cache", true, false},
                                           ControlCase{"max-age=0, No-Store", false, true},
                                           ControlCase{"no-cache=\"x\",no-store", true, true},
                                           ControlCase{"x-no-cache", false, false}));

TEST(ResponseCacheKeyTest, OnlySuccessesThatMayBeSharedAreKept) {
  EXPECT_TRUE(may_be_kept({.status = 200}));
  EXPECT_TRUE(may_be_kept({.status = 200, .headers = {{"cache-control", "max-age=5"}}}));
  EXPECT_FALSE(may_be_kept({.status = 404}));
  EXPECT_FALSE(may_be_kept({.status = 302}));
  EXPECT_FALSE(may_be_kept({.status = 200, .headers = {{net::wire::kError, "AppError"}}}));
  EXPECT_FALSE(may_be_kept({.status = 200, .headers = {{"set-cookie", "a=b"}}}));
  EXPECT_FALSE(may_be_kept({.status = 200, .headers = {{"cache-control", "private"}}}));
}

}  // namespace
}  // namespace manta::replica
