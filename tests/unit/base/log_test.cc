#include "base/log.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "base/log_record.h"

namespace manta {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class LoggerTest : public ::testing::Test {
 protected:
  LoggerTest() {
    std::string name = "/tmp/manta-log-XXXXXX";
    folder_ = ::mkdtemp(name.data());
  }
  ~LoggerTest() override { std::filesystem::remove_all(folder_); }
  std::string file() const {
    std::ifstream stream(folder_ + "/app_D_x1.log");
    return {std::istreambuf_iterator<char>(stream), {}};
  }

  std::string folder_;
  Logger logger_{{.component = "app#D#x1",
                  .level = LogLevel::Info,
                  .async = false,
                  .component_name = "replica",
                  .fields = {{"application", "app"}}}};
};

TEST_F(LoggerTest, WritesToTheFolderToo) {
  ASSERT_TRUE(logger_.configure({.logs_dir = folder_}));
  logger_.info("replica started", {{"pid", 12}, {"why", "a b"}});
  EXPECT_THAT(file(), ::testing::EndsWith(" I app#D#x1 replica started pid=12 why=\"a b\"\n"));
}

TEST_F(LoggerTest, WritesJsonRecordsWithItsOwnFields) {
  ASSERT_TRUE(
      logger_.configure({.encoding = "JSON", .logs_dir = folder_, .additional_log_standard_attrs = {"levelno"}}));
  logger_.warn("health check \"failed\"", {{"in_a_row", 2}});
  const std::string text = file();
  EXPECT_THAT(text, HasSubstr(R"("levelname":"WARNING","message":"health check \"failed\"","component_name":"replica",)"
                              R"("component_id":"app#D#x1","application":"app","levelno":30,"in_a_row":2})"));
}

TEST_F(LoggerTest, LeavesOutWhatIsBelowTheLevelAndTakesAnotherOneWhileItRuns) {
  ASSERT_TRUE(logger_.configure({.log_level = "ERROR", .logs_dir = folder_}));
  logger_.warn("first");
  ASSERT_TRUE(logger_.configure({.log_level = "DEBUG", .logs_dir = folder_}));
  logger_.debug("second");
  EXPECT_THAT(file(), Not(HasSubstr("first")));
  EXPECT_THAT(file(), HasSubstr("second"));
}

TEST_F(LoggerTest, AFolderThatIsNotThereIsToldAndTheRestIsTaken) {
  const auto refused = logger_.configure({.log_level = "ERROR", .logs_dir = "/proc/nowhere"});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("logs_dir"));
  ASSERT_TRUE(logger_.configure({.log_level = "ERROR", .logs_dir = folder_}));
  logger_.warn("left out");
  EXPECT_EQ(file(), "");
}

TEST(LogRecordTest, TimesHaveMilliseconds) {
  std::string text;
  append_time(text, std::chrono::system_clock::time_point(std::chrono::milliseconds(1'000'000'000'007)));
  EXPECT_THAT(text, ::testing::EndsWith(".007"));
  EXPECT_EQ(text.size(), std::string("2001-09-09 01:46:40.007").size());
}

}  // namespace
}  // namespace manta
