#include "base/loop_latency.h"

#include <gtest/gtest.h>

#include <string>

namespace manta {
namespace {

using std::chrono::milliseconds;

class LoopLatencyTest : public ::testing::Test {
 protected:
  // As a callback does that keeps the loop from the rest.
  void block(Duration time) {
    clock.advance(time);
    loop.poll();
  }
  bool shows(const std::string& sample) const {
    return metrics.text().find("ray_serve_event_loop_scheduling_latency_ms" + sample) != std::string::npos;
  }

  VirtualClock clock;
  Loop loop{clock};
  Metrics metrics;
};

TEST_F(LoopLatencyTest, SamplesHowLateTheLoopIs) {
  const LoopLatency latency(loop, metrics, {{"component", "proxy"}});
  block(LoopLatency::kEvery);
  EXPECT_TRUE(shows(R"(_count{component="proxy",loop_type="main"} 1)"));
  EXPECT_TRUE(shows(R"(_sum{component="proxy",loop_type="main"} 0)"));
  block(LoopLatency::kEvery + milliseconds(30));
  EXPECT_TRUE(shows(R"(_count{component="proxy",loop_type="main"} 2)"));
  EXPECT_TRUE(shows(R"(_sum{component="proxy",loop_type="main"} 30)"));
}

TEST_F(LoopLatencyTest, LeavesNoTimerBehind) {
  {
    const LoopLatency latency(loop, metrics, {});
  }
  EXPECT_FALSE(loop.next_deadline());
}

}  // namespace
}  // namespace manta
