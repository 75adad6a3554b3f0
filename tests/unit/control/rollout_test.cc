#include "control/rollout.h"

#include <gtest/gtest.h>

#include "control/restart_backoff.h"

namespace manta::control {
namespace {

TEST(RolloutTest, AFirstDeployStartsAll) { EXPECT_EQ(rollout_step({.target = 3}).start_new, 3); }

TEST(RolloutTest, NewOnesStartBeforeOldOnesStop) {
  const RolloutStep step = rollout_step({.target = 10, .old_running = 10});
  EXPECT_EQ(step.start_new, 2) << "a wave is 20 %";
  EXPECT_EQ(step.stop_old_running, 0);
}

TEST(RolloutTest, OldOnesStopAsNewOnesRun) {
  const RolloutStep step = rollout_step({.target = 10, .new_running = 2, .old_running = 10});
  EXPECT_EQ(step.start_new, 0);
  EXPECT_EQ(step.stop_old_running, 2);
}

TEST(RolloutTest, OldOnesThatNeverRanStopAtOnce) {
  EXPECT_EQ(rollout_step({.target = 1, .old_starting = 1}).stop_old_starting, 1);
}

TEST(RolloutTest, RunsToTheEndAndNeverBelowTheTarget) {
  for (const int target : {1, 2, 3, 7, 20}) {
    RolloutState state{.target = target, .old_running = target};
    int steps = 0;
    while (state.new_running != target || state.old_running != 0) {
      const RolloutStep step = rollout_step(state);
      state.old_running -= step.stop_old_running;
      state.new_starting += step.start_new;
      ASSERT_GE(state.new_running + state.old_running, target);
      state.new_running += std::exchange(state.new_starting, 0);
      ASSERT_LT(++steps, 100) << "target " << target;
    }
  }
}

TEST(RolloutTest, MakesRoomByOneWaveWhenNothingMoreFits) {
  EXPECT_EQ(make_room({.target = 1, .old_running = 1}), 1);
  EXPECT_EQ(make_room({.target = 10, .old_running = 10}), 2);
  EXPECT_EQ(make_room({.target = 10, .old_running = 8}), 0) << "a wave is already on its way";
  EXPECT_EQ(make_room({.target = 2, .new_starting = 1, .old_running = 1}), 0);
}

TEST(RolloutTest, ScalingDownStopsTheSurplus) { EXPECT_EQ(rollout_step({.target = 1, .new_running = 3}).stop_new, 2); }

}  // namespace
}  // namespace manta::control
