#include "cli/event_text.h"

#include <gmock/gmock.h>

#include "cli/health_text.h"

namespace manta::cli {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

TEST(EventTextTest, NamesWhatItIsAbout) {
  EXPECT_THAT(event_line({.time_s = 1e9,
                          .kind = "replica_died",
                          .application = "rag",
                          .deployment = "Llm",
                          .replica = "rag#Llm#k3v9x2",
                          .message = "killed by signal 9\nlast words"}),
              EndsWith("  replica_died          rag#Llm#k3v9x2: killed by signal 9\n    last words"));
  EXPECT_THAT(event_line({.time_s = 1e9,
                          .kind = "autoscaled",
                          .application = "rag",
                          .deployment = "Llm",
                          .message = "1 -> 2 replicas"}),
              EndsWith("  autoscaled            rag/Llm: 1 -> 2 replicas"));
  EXPECT_THAT(
      event_line({.time_s = 1e9, .kind = "deployed", .application = "rag", .message = "Llm is added", .by = "alice"}),
      EndsWith("  deployed              rag: Llm is added (by alice)"));
  EXPECT_THAT(event_line({.time_s = 1e9, .kind = "controller_started", .message = "0 applications"}),
              EndsWith("  controller_started    0 applications"));
}

TEST(HealthTextTest, DurationsAreMilliseconds) {
  control::ControllerHealth health{.uptime_s = 10, .num_control_loops = 20, .loops_per_second = 2};
  health.loop_duration_s = {.count = 20, .mean = 0.001, .max = 0.0052, .p50 = 0.001, .p99 = 0.005};
  const std::string text = health_text(health);
  EXPECT_THAT(text, HasSubstr("up 10 s, 20 control loops (2.00/s)"));
  EXPECT_THAT(text, HasSubstr("mean 1.000  p50 1.000  p99 5.000  max 5.200 ms  (20 in all)"));
  EXPECT_THAT(text, HasSubstr("handle metrics delay       none yet"));
}

}  // namespace
}  // namespace manta::cli
