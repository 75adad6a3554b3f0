#include "runtime/local/gpu_use.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace manta::runtime {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(GpuUseTest, ReadsAPercentageALineAndKnowsWhatIsNone) {
  EXPECT_THAT(read_gpu_use("37\n0\n100\n"), ElementsAre(37, 0, 100));
  EXPECT_THAT(read_gpu_use("[N/A]\n12"), ElementsAre(-1, 12));
  EXPECT_THAT(read_gpu_use(""), ElementsAre());
}

// A node with devices that are only counted, and a tool that is a script.
class GpuUseOfANode : public ::testing::Test {
 protected:
  GpuUseOfANode() {
    std::string name = "/tmp/manta-gpu-XXXXXX";
    folder = ::mkdtemp(name.data());
  }
  ~GpuUseOfANode() override { std::filesystem::remove_all(folder); }
  std::string tool(const std::string& script) {
    const std::string path = folder + "/tool";
    std::ofstream(path) << "#!/bin/sh\n" << script << "\n";
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    return path;
  }
  static Task<void> ask_once(GpuUse& use, Loop& loop) {
    co_await use.ask();
    loop.stop();
  }
  std::string figures(int gpus, const std::string& tool_path, bool ask) {
    SystemClock clock;
    Loop loop(clock);
    Metrics metrics;
    GpuUse use(loop, metrics, {"PATH=/usr/bin:/bin"}, tool_path);
    use.begin({.node_id = "n1", .total = {.num_gpus = static_cast<double>(gpus)}});
    if (ask) {
      TaskScope scope(loop);
      loop.post([&] { scope.spawn(ask_once(use, loop)); });
      loop.run();
    }
    return metrics.text();
  }
  std::string folder;
};

TEST_F(GpuUseOfANode, DevicesThatAreOnlyCountedAreNeverBusy) {
  const std::string text = figures(2, "/nowhere", false);
  EXPECT_THAT(text, HasSubstr(R"(manta_node_gpu_utilization{gpu_index="0",node="n1"} 0)"));
  EXPECT_THAT(text, HasSubstr(R"(manta_node_gpu_utilization{gpu_index="1",node="n1"} 0)"));
  EXPECT_THAT(figures(0, "/nowhere", false), HasSubstr(R"({gpu_index="none",node="n1"} 0)"));
}

TEST_F(GpuUseOfANode, WhatTheToolSaysIsShown) {
  const std::string text = figures(2, tool("echo 37; echo '[N/A]'"), true);
  EXPECT_THAT(text, HasSubstr(R"({gpu_index="0",node="n1"} 37)"));
  EXPECT_THAT(text, HasSubstr(R"({gpu_index="1",node="n1"} 0)"));
}

TEST_F(GpuUseOfANode, AToolThatFailsChangesNothing) {
  const std::string text = figures(1, tool("echo 37; exit 3"), true);
  EXPECT_THAT(text, HasSubstr(R"({gpu_index="0",node="n1"} 0)"));
  EXPECT_THAT(text, Not(HasSubstr("37")));
}

}  // namespace
}  // namespace manta::runtime
