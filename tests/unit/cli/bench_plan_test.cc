#include "cli/bench_plan.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

namespace manta::cli {
namespace {

using ::testing::HasSubstr;

TEST(BenchPlanTest, ReadsUrls) {
  const auto url = parse_http_url("http://localhost:8000/a?b=1");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->host, "localhost");
  EXPECT_EQ(url->port, "8000");
  EXPECT_EQ(url->target, "/a?b=1");
  EXPECT_EQ(parse_http_url("localhost")->port, "80");
  EXPECT_EQ(parse_http_url("localhost?x")->target, "/?x");
  EXPECT_EQ(parse_http_url("http://[::1]:9/")->host, "::1");
  for (const char* wrong : {"https://localhost", "http://", "http://host:port/", "http://host:0/", "http://:8000/"})
    EXPECT_FALSE(parse_http_url(wrong)) << wrong;
}

TEST(BenchPlanTest, ABodyIsPosted) {
  EXPECT_EQ(bench_plan({.url = "127.0.0.1:1"})->requests.at(0).method, "GET");
  const auto plan = bench_plan({.url = "127.0.0.1:1", .body = "{}", .headers = {"X-Session-Id:  u7"}});
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->requests[0].method, "POST");
  EXPECT_EQ(plan->requests[0].headers.get("x-session-id"), "u7");
  EXPECT_EQ(plan->requests[0].headers.get("content-type"), "application/json");
  EXPECT_EQ(plan->authority, "127.0.0.1:1");
}

TEST(BenchPlanTest, EachLineOfAFileIsABody) {
  const auto path = std::filesystem::temp_directory_path() / "manta_bench_plan_test.jsonl";
  std::ofstream(path) << "{\"a\": 1}\n\n{\"a\": 2}\n";
  const auto plan = bench_plan({.url = "127.0.0.1:1", .bodies_file = path.string()});
  std::filesystem::remove(path);
  ASSERT_TRUE(plan);
  ASSERT_EQ(plan->requests.size(), 2u);
  EXPECT_EQ(*plan->requests[1].body, "{\"a\": 2}");
}

TEST(BenchPlanTest, ChatAsksForAStream) {
  const auto plan = bench_plan({.url = "127.0.0.1:1", .chat = "m", .prompt = "say \"hi\""});
  ASSERT_TRUE(plan);
  EXPECT_TRUE(plan->reads_events);
  EXPECT_EQ(plan->requests[0].path, "/v1/chat/completions");
  EXPECT_THAT(*plan->requests[0].body, HasSubstr(R"("content": "say \"hi\"")"));
}

TEST(BenchPlanTest, SaysWhichOptionIsWrong) {
  EXPECT_THAT(bench_plan({.url = "127.0.0.1:1", .headers = {"nonsense"}}).error().message, HasSubstr("--header"));
  EXPECT_THAT(bench_plan({.url = "127.0.0.1:1", .bodies_file = "/none"}).error().message, HasSubstr("--bodies"));
  EXPECT_THAT(bench_plan({.url = "no.such.host.invalid:1"}).error().message, HasSubstr("no.such.host.invalid"));
}

}  // namespace
}  // namespace manta::cli
