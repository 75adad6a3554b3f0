#include "cli/log_tail.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <vector>

namespace manta::cli {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

class LogTailTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = "/tmp/manta-log-XXXXXX";
    folder = ::mkdtemp(name.data());
    path = folder + "/a.log";
  }
  void TearDown() override { fs::remove_all(folder); }
  void append(const std::string& text) { std::ofstream(path, std::ios::app) << text; }
  std::vector<std::string> last(LogTail& tail, std::size_t count) {
    std::vector<std::string> lines;
    tail.last(count, [&](std::string_view line) { lines.emplace_back(line); });
    return lines;
  }
  std::vector<std::string> follow(LogTail& tail) {
    std::vector<std::string> lines;
    tail.follow([&](std::string_view line) { lines.emplace_back(line); });
    return lines;
  }
  std::string folder, path;
};

TEST_F(LogTailTest, BeginsWithTheLastLinesAndGoesOn) {
  append("1\n2\n3\n");
  LogTail tail(path);
  EXPECT_THAT(last(tail, 2), ElementsAre("2", "3"));
  EXPECT_THAT(follow(tail), IsEmpty());
  append("4\nhalf");
  EXPECT_THAT(follow(tail), ElementsAre("4"));
  append(" a line\n");
  EXPECT_THAT(follow(tail), ElementsAre("half a line"));
}

TEST_F(LogTailTest, AFileThatIsNotThereYetIsEmpty) {
  LogTail tail(path);
  EXPECT_THAT(last(tail, 2), IsEmpty());
  append("1\n");
  EXPECT_THAT(follow(tail), ElementsAre("1"));
}

TEST_F(LogTailTest, ANewFileOfTheSameNameIsReadFromItsStart) {
  append("1\n2\n");
  LogTail tail(path);
  last(tail, 10);
  fs::rename(path, path + ".1");
  append("3\n4\n5\n");
  EXPECT_THAT(follow(tail), ElementsAre("3", "4", "5"));
}

}  // namespace
}  // namespace manta::cli
