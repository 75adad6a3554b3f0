#include "ingress/access_log.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <string>

namespace manta::ingress {
namespace {

// What is written while `use` has the log.
template <class F>
std::string written(F use) {
  std::array<int, 2> ends{};
  EXPECT_EQ(pipe(ends.data()), 0);
  {
    AccessLog log(ends[1]);
    use(log);
  }
  close(ends[1]);
  std::string text(4096, '\0');
  text.resize(static_cast<std::size_t>(read(ends[0], text.data(), text.size())));
  close(ends[0]);
  return text;
}

TEST(AccessLogTest, WritesOneLinePerRequestThatNoPathCanForge) {
  EXPECT_EQ(
      written([](AccessLog& log) {
        log.add({.verb = "GET", .path = "/path?secret=1", .status = 200, .milliseconds = 4.14, .request_id = "r1"});
        log.add({.verb = "PO\nST", .path = "/a\n/b", .status = 404});
      }),
      "GET /path 200 4.1ms request_id=r1\nPO?ST /a?/b 404 0.0ms\n");
}

TEST(AccessLogTest, RecordsOfJsonHaveTheFieldsOfTheRequest) {
  const std::string text = written([](AccessLog& log) {
    ASSERT_TRUE(log.configure({.encoding = "JSON", .additional_log_standard_attrs = {"process", "lineno"}}));
    log.add({.verb = "GET",
             .path = "/path",
             .status = 200,
             .milliseconds = 4.5,
             .request_id = "r1",
             .route = "/path",
             .application = "app"});
  });
  EXPECT_TRUE(text.starts_with("{\"asctime\":\"")) << text;
  EXPECT_NE(text.find("\"levelname\":\"INFO\",\"message\":\"GET /path 200 4.5ms\",\"component_name\":\"proxy\""),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("\"process\":" + std::to_string(getpid())), std::string::npos) << text;
  EXPECT_EQ(text.find("lineno"), std::string::npos) << text;
  EXPECT_TRUE(
      text.ends_with("\"request_id\":\"r1\",\"application\":\"app\",\"route\":\"/path\",\"method\":\"GET\","
                     "\"status\":200,\"latency_ms\":4.5}\n"))
      << text;
}

TEST(AccessLogTest, IsSwitchedOffAndOnWhileItRuns) {
  EXPECT_EQ(written([](AccessLog& log) {
              const AccessLine line{.verb = "GET", .path = "/", .status = 200};
              ASSERT_TRUE(log.configure({.enable_access_log = false}));
              log.add(line);
              ASSERT_TRUE(log.configure({.log_level = "WARNING"}));
              log.add(line);
              ASSERT_TRUE(log.configure({}));
              log.add(line);
            }),
            "GET / 200 0.0ms\n");
}

TEST(AccessLogTest, AFolderThatIsNotThereIsTold) {
  written([](AccessLog& log) { EXPECT_FALSE(log.configure({.logs_dir = "/nowhere/at/all"})); });
}

}  // namespace
}  // namespace manta::ingress
