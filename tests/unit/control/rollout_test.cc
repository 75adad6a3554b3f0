#include "control/rollout.h"

#include <gtest/gtest.h>

#include <optional>
#include <utility>

#include "control/deployment_target.h"
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

TEST(RolloutTest, AWaveIsThePercentageRoundedDownAndAtLeastOne) {
  EXPECT_EQ(wave_size(10, {}), 2);
  EXPECT_EQ(wave_size(4, {}), 1);
  EXPECT_EQ(wave_size(100, {.rolling_update_percentage = 29}), 29) << "not 28 by the rounding of fractions";
  EXPECT_EQ(wave_size(10, {.rolling_update_percentage = 100}), 10);
  EXPECT_EQ(wave_size(10, {.gang_size = 4}), 4) << "whole gangs";
}

TEST(RolloutTest, TheShareOfAWaveIsAFractionAsInRayServe) {
  DeploymentConfig config;
  EXPECT_EQ(wave_size(10, rollout_limits(config)), 2) << "a fifth, if nobody says otherwise";
  config.rolling_update_percentage = 0.29;
  EXPECT_EQ(wave_size(100, rollout_limits(config)), 29);
  config.rolling_update_percentage = 1;
  EXPECT_EQ(wave_size(10, rollout_limits(config)), 10);
}

TEST(RolloutTest, WithoutASurgeOldOnesStopFirst) {
  const RolloutLimits none{.rolling_update_percentage = 50, .max_surge_percent = 0};
  RolloutStep step = rollout_step({.target = 4, .old_running = 4, .limits = none});
  EXPECT_EQ(step.start_new, 0);
  EXPECT_EQ(step.stop_old_running, 2);
  step = rollout_step({.target = 4, .old_running = 2, .old_stopping = 2, .limits = none});
  EXPECT_EQ(step.start_new, 0) << "they still hold what the new ones need";
  EXPECT_EQ(step.stop_old_running, 0);
  step = rollout_step({.target = 4, .old_running = 2, .limits = none});
  EXPECT_EQ(step.start_new, 2);
  EXPECT_EQ(step.stop_old_running, 0);
}

TEST(RolloutTest, ASurgeIsRoundedUp) {
  EXPECT_EQ(rollout_step({.target = 10, .old_running = 10, .limits = {.max_surge_percent = 25}}).start_new, 3);
  EXPECT_EQ(make_room({.target = 10, .old_running = 10, .limits = {.max_surge_percent = 25}}), 0)
      << "never below the target";
}

// Every start succeeds, every stopped one ends one step later.
TEST(RolloutTest, KeepsItsLimitsToTheEnd) {
  for (const int target : {1, 2, 3, 7, 20})
    for (const double percentage : {1.0, 20.0, 60.0, 100.0})
      for (const std::optional<double> surge : {std::optional<double>(), std::optional(0.0), std::optional(30.0)}) {
        RolloutState state{.target = target, .old_running = target, .limits = {percentage, surge}};
        const int wave = wave_size(target, state.limits);
        const int lowest = surge == 0.0 ? target - wave : target;
        const int highest = surge == 0.0 ? target : surge ? target + (target * 3 + 9) / 10 : target + wave;
        for (int steps = 0; state.new_running != target || state.old_running != 0; ++steps) {
          ASSERT_LT(steps, 200) << "target " << target;
          const RolloutStep step = rollout_step(state);
          state.old_running -= step.stop_old_running;
          ASSERT_GE(state.new_running + state.old_running, lowest);
          ASSERT_LE(state.new_running + state.old_running + step.start_new + (surge == 0.0 ? state.old_stopping : 0),
                    highest);
          state.old_stopping = step.stop_old_running;
          state.new_running += step.start_new;
        }
      }
}

TEST(RolloutTest, HoldingReplacesNothingAndStartsWhatIsMissing) {
  RolloutStep step = hold_step({.target = 3, .new_running = 1, .old_running = 1, .old_starting = 1});
  EXPECT_EQ(step.start_new, 1);
  EXPECT_EQ(step.stop_old_running, 0);
  EXPECT_EQ(step.stop_old_starting, 1);
  step = hold_step({.target = 3, .new_running = 3, .old_running = 1});
  EXPECT_EQ(step.stop_old_running, 1);
  EXPECT_EQ(step.stop_new, 0);
}

TEST(RolloutTest, TheWavesOfAnUpdate) {
  EXPECT_EQ(rollout_waves(10, 10, {}), (std::vector<int>{2, 2, 2, 2, 2}));
  EXPECT_EQ(rollout_waves(1, 1, {}), (std::vector<int>{1}));
  EXPECT_EQ(rollout_waves(0, 3, {}), (std::vector<int>{3}));
  EXPECT_EQ(rollout_waves(4, 4, {.rolling_update_percentage = 50, .max_surge_percent = 0}), (std::vector<int>{2, 2}));
  EXPECT_TRUE(rollout_waves(3, 0, {}).empty());
}

}  // namespace
}  // namespace manta::control
