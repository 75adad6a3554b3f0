#include "control/controller_health.h"

#include <gmock/gmock.h>

#include "unit/control/controller_fixture.h"

namespace manta::control {
namespace {

TEST(ValueWindowTest, TellsOfTheLastValues) {
  ValueWindow window;
  EXPECT_EQ(window.stats().count, 0u);
  for (int i = 1; i <= 100; ++i) window.add(i);
  const ValueStats stats = window.stats();
  EXPECT_EQ(stats.count, 100u);
  EXPECT_DOUBLE_EQ(stats.mean, 50.5);
  EXPECT_EQ(stats.min, 1);
  EXPECT_EQ(stats.max, 100);
  EXPECT_EQ(stats.p50, 50);
  EXPECT_EQ(stats.p99, 99);
  EXPECT_EQ(stats.last, 100);
  for (std::size_t i = 0; i < ValueWindow::kKept; ++i) window.add(7);
  EXPECT_EQ(window.stats().count, 100 + ValueWindow::kKept);
  EXPECT_EQ(window.stats().max, 7) << "earlier ones are forgotten";
}

TEST_F(ControllerTest, HealthCountsTurnsAndWhatThereIs) {
  run(2);
  const ControllerHealth health = controller->health();
  EXPECT_GT(health.num_control_loops, 2u);
  EXPECT_EQ(health.loop_duration_s.count, health.num_control_loops);
  EXPECT_EQ(health.num_applications, 1u);
  EXPECT_EQ(health.num_deployments, 1u);
  EXPECT_EQ(health.num_replicas, 2u);
  EXPECT_GT(health.process_memory_mb, 1);
  EXPECT_THAT(controller->metrics_text(), ::testing::HasSubstr("ray_serve_controller_num_control_loops"));
}

}  // namespace
}  // namespace manta::control
