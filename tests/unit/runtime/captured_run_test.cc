#include "runtime/local/captured_run.h"

#include <gtest/gtest.h>

#include <optional>

#include "base/task_scope.h"

namespace manta::runtime {
namespace {

Task<void> keep(Loop& loop, CapturedRun run, std::optional<Result<std::string>>& result) {
  result = co_await run_captured(loop, std::move(run));
  loop.stop();
}

Result<std::string> shell(const std::string& script, Duration time_limit = std::chrono::seconds(10)) {
  SystemClock clock;
  Loop loop(clock);
  std::optional<Result<std::string>> result;
  TaskScope scope(loop);
  CapturedRun run{.program = "/bin/sh",
                  .argv = {"sh", "-c", script},
                  .environment = {"PATH=/usr/bin:/bin"},
                  .time_limit = time_limit};
  loop.post([&] { scope.spawn(keep(loop, std::move(run), result)); });
  loop.run();
  return *result;
}

TEST(CapturedRunTest, ReturnsStandardOutput) { EXPECT_EQ(shell("echo out; echo err >&2"), "out\n"); }

TEST(CapturedRunTest, AFailureShowsStandardError) {
  const auto result = shell("echo why >&2; exit 3");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message, "why");
  EXPECT_EQ(result.error().detail, "ended with exit code 3");
}

TEST(CapturedRunTest, TooLateIsKilledWithItsChildren) {
  const auto result = shell("sleep 100 & sleep 100", std::chrono::milliseconds(50));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::DeadlineExceeded);
}

TEST(CapturedRunTest, MuchOutputArrivesWhole) {
  EXPECT_EQ(shell("head -c 300000 /dev/zero | tr '\\0' x")->size(), 300'000u);
}

TEST(CapturedRunTest, AProgramThatDoesNotExistIsNamed) {
  SystemClock clock;
  Loop loop(clock);
  std::optional<Result<std::string>> result;
  TaskScope scope(loop);
  loop.post([&] { scope.spawn(keep(loop, {.program = "/no/such/program", .argv = {"x"}}, result)); });
  loop.run();
  ASSERT_FALSE(*result);
  EXPECT_EQ((*result).error().message, "cannot execute /no/such/program: No such file or directory");
}

}  // namespace
}  // namespace manta::runtime
