#include "cli/progress.h"

#include <gtest/gtest.h>

namespace manta::cli {
namespace {

spec::InstanceStatus status(const std::string& application, const std::string& deployment,
                            const std::string& message = "") {
  spec::InstanceStatus status;
  status.applications["rag"] = {
      .status = application,
      .deployments = {{"Embed", {.status = deployment, .replica_states = {{"RUNNING", 1}}, .message = message}}}};
  return status;
}

TEST(ProgressTest, TellsWhatChanged) {
  const auto lines = progress_lines(status("DEPLOYING", "UPDATING"), status("RUNNING", "HEALTHY"), 1.5);
  EXPECT_EQ(lines, (std::vector<std::string>{"   1.50 s  rag/Embed  HEALTHY (1 replica)", "   1.50 s  rag  RUNNING"}));
}

TEST(ProgressTest, SaysNothingWhenNothingChanged) {
  EXPECT_TRUE(progress_lines(status("RUNNING", "HEALTHY"), status("RUNNING", "HEALTHY"), 2).empty());
}

TEST(ProgressTest, GivesReasons) {
  const auto lines = progress_lines(status("DEPLOYING", "UPDATING"),
                                    status("DEPLOYING", "UPDATING", "pending: needs 2 GPUs, the largest free is 1"), 0);
  EXPECT_EQ(lines,
            (std::vector<std::string>{"   0.00 s  rag/Embed  UPDATING  pending: needs 2 GPUs, the largest free is 1"}));
}

TEST(ProgressTest, KnowsWhenAllRun) {
  EXPECT_TRUE(all_running(status("RUNNING", "HEALTHY")));
  EXPECT_FALSE(all_running(status("DEPLOYING", "UPDATING")));
  EXPECT_FALSE(all_running({}));
  EXPECT_EQ(deploy_failures(status("RUNNING", "HEALTHY")), "");
}

}  // namespace
}  // namespace manta::cli
