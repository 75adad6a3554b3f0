#include "control/autoscale.h"

#include <gtest/gtest.h>

namespace manta::control {
namespace {

AutoscalingConfig config(int least, int most) {
  return {.min_replicas = least,
          .max_replicas = most,
          .target_ongoing_requests = 2,
          .upscale_delay_s = 10,
          .downscale_delay_s = 60};
}

// Asks again and again with the same load, as the controller does.
class Questions {
 public:
  Questions(AutoscalingConfig with, int replicas) : config(std::move(with)), target(replicas), running(replicas) {
    bounds = replica_bounds(config, std::nullopt, false);
  }
  const AutoscaleDecision& ask(double at_s, double total) {
    last = decide({.now_s = at_s,
                   .load = {.total = total, .running = running, .target = target},
                   .bounds = bounds,
                   .gang_size = gang_size,
                   .delay = delay,
                   .steps = steps},
                  config, default_policy);
    delay = last.delay;
    if (last.num_replicas != target) steps.push_back({.at_s = at_s, .by = last.num_replicas - target});
    target = last.num_replicas;
    return last;
  }
  int settle(double at_s, double total) {  // and what is wanted runs at once
    ask(at_s, total);
    return running = target;
  }

  AutoscalingConfig config;
  ReplicaBounds bounds;
  int gang_size = 1, target, running;
  DelayState delay;
  std::vector<ScaleStep> steps;
  AutoscaleDecision last;
};

TEST(AutoscaleTest, AddsReplicasWhenMoreAreWantedForTheWholeDelay) {
  Questions questions(config(1, 8), 1);
  EXPECT_EQ(questions.settle(100, 6), 1);
  EXPECT_EQ(questions.last.verdict, Verdict::UpDelayed);
  EXPECT_EQ(questions.last.desired, 3);
  EXPECT_EQ(questions.last.due_s, 110);
  EXPECT_NE(questions.last.reason.find("10 s more of upscale_delay_s"), std::string::npos) << questions.last.reason;
  EXPECT_EQ(questions.settle(109.9, 6), 1);
  EXPECT_EQ(questions.settle(110, 8), 4);  // as many as are wanted then
  EXPECT_EQ(questions.last.verdict, Verdict::Up);
}

TEST(AutoscaleTest, AWishThatBreaksOffBeginsItsDelayAnew) {
  Questions questions(config(1, 8), 2);
  questions.ask(100, 6);
  questions.ask(105, 4);  // two are enough
  EXPECT_EQ(questions.last.verdict, Verdict::Steady);
  questions.ask(109, 6);
  EXPECT_EQ(questions.ask(111, 6).num_replicas, 2);
  questions.ask(112, 1);  // the other direction
  EXPECT_EQ(questions.last.verdict, Verdict::DownDelayed);
  questions.ask(113, 6);
  EXPECT_EQ(questions.ask(122, 6).num_replicas, 2);
  EXPECT_EQ(questions.ask(123, 6).num_replicas, 3);
}

TEST(AutoscaleTest, ReachesNoneFromOneOnlyAndAfterItsOwnDelay) {
  AutoscalingConfig with = config(0, 8);
  with.downscale_to_zero_delay_s = 5;
  Questions questions(with, 3);
  questions.settle(0, 0);
  EXPECT_EQ(questions.settle(60, 0), 1);
  questions.settle(61, 0);
  EXPECT_EQ(questions.settle(65.9, 0), 1);
  EXPECT_EQ(questions.settle(66, 0), 0);
  EXPECT_EQ(questions.settle(200, 0), 0);
  EXPECT_EQ(questions.last.verdict, Verdict::Steady);
}

TEST(AutoscaleTest, WakesUpAtOnceWithTheFactorForANumber) {
  AutoscalingConfig with = config(0, 8);
  with.upscaling_factor = 2.5;
  Questions questions(with, 0);
  EXPECT_EQ(questions.ask(0, 0.01).num_replicas, 3);
  EXPECT_EQ(questions.ask(1, 100).num_replicas, 3);  // not before one runs
}

TEST(AutoscaleTest, SaysThatTheBoundsHoldItBack) {
  Questions questions(config(2, 4), 4);
  EXPECT_EQ(questions.ask(0, 100).verdict, Verdict::AtMost);
  EXPECT_EQ(questions.last.desired, 50);
  EXPECT_NE(questions.last.reason.find("max_replicas"), std::string::npos);
  Questions few(config(2, 4), 2);
  EXPECT_EQ(few.ask(0, 0).verdict, Verdict::AtLeast);
}

TEST(AutoscaleTest, TakesAtMostAStepAtATime) {
  AutoscalingConfig with = config(1, 20);
  with.max_upscale_step = 3;
  with.max_downscale_step = 2;
  with.upscale_delay_s = with.downscale_delay_s = 0;
  Questions questions(with, 1);
  EXPECT_EQ(questions.settle(0, 40), 4);
  EXPECT_EQ(questions.settle(1, 40), 7);
  EXPECT_EQ(questions.settle(2, 0), 5);
}

TEST(AutoscaleTest, AddsNoMoreInAMinuteThanTheRate) {
  AutoscalingConfig with = config(1, 20);
  with.max_upscale_per_minute = 4;
  with.upscale_delay_s = 0;
  Questions questions(with, 1);
  EXPECT_EQ(questions.settle(0, 40), 5);
  EXPECT_EQ(questions.settle(30, 40), 5);
  EXPECT_EQ(questions.last.verdict, Verdict::Limited);
  EXPECT_EQ(questions.last.due_s, 60);
  EXPECT_EQ(questions.settle(60, 40), 9);
}

TEST(AutoscaleTest, ARateBelowOneAMinuteAllowsOneInALongerTime) {
  AutoscalingConfig with = config(1, 20);
  with.max_upscale_per_minute = 0.5;
  with.upscale_delay_s = 0;
  Questions questions(with, 1);
  EXPECT_EQ(questions.settle(0, 40), 2);
  EXPECT_EQ(questions.settle(119, 40), 2);
  EXPECT_EQ(questions.settle(120, 40), 3);
}

TEST(AutoscaleTest, ALimitDoesNotHoldUpAWakeUp) {
  AutoscalingConfig with = config(0, 20);
  with.max_upscale_per_minute = 1;
  Questions questions(with, 0);
  EXPECT_EQ(questions.settle(0, 1), 1);
  questions.target = questions.running = 0;
  EXPECT_EQ(questions.settle(1, 1), 1);
}

TEST(AutoscaleTest, AWishNearAWholeNumberChangesNothingWithinTheHysteresis) {
  AutoscalingConfig with = config(1, 20);
  with.upscale_delay_s = with.downscale_delay_s = 0;
  with.hysteresis = 0.2;
  Questions questions(with, 2);
  EXPECT_EQ(questions.settle(0, 4.3), 2);  // 2.15
  EXPECT_EQ(questions.settle(1, 4.5), 3);  // 2.25
  EXPECT_EQ(questions.settle(2, 4.3), 3);
  EXPECT_EQ(questions.settle(3, 3.7), 3);  // 1.85
  EXPECT_EQ(questions.settle(4, 3.5), 2);  // 1.75
}

TEST(AutoscaleTest, TheNoiseOfFloatingPointAsksForNothing) {
  AutoscalingConfig with = config(1, 20);
  with.target_ongoing_requests = 3.8;
  with.upscale_delay_s = 0;
  Questions questions(with, 3);
  ASSERT_GT(default_policy({.total = 19, .running = 3}, with), 5);  // by the least bit
  EXPECT_EQ(questions.settle(0, 19), 5);
}

TEST(AutoscaleTest, KeepsToWholeGangs) {
  AutoscalingConfig with = config(0, 12);
  with.upscale_delay_s = with.downscale_delay_s = 0;
  Questions questions(with, 4);
  questions.gang_size = 4;
  EXPECT_EQ(questions.settle(0, 10), 8);
  EXPECT_EQ(questions.settle(1, 1), 4);
  EXPECT_EQ(questions.settle(2, 0), 0);
  EXPECT_EQ(questions.settle(3, 1), 4);
}

TEST(AutoscaleTest, BoundsOfGangsAreWholeGangs) {
  struct Case {
    int least, most;
    std::optional<double> capacity;
    ReplicaBounds expected;
  };
  const Case cases[] = {{1, 10, {}, {4, 8}}, {0, 8, {}, {0, 8}}, {4, 8, 60, {4, 4}}, {8, 8, 60, {8, 8}},
                        {4, 8, 10, {4, 4}},  {4, 8, 0, {0, 0}},  {0, 2, {}, {0, 4}}, {0, 8, 50, {0, 4}}};
  for (const Case& each : cases)
    EXPECT_EQ(replica_bounds(config(each.least, each.most), each.capacity, false, 4), each.expected)
        << each.least << " to " << each.most << " at " << each.capacity.value_or(100);
}

TEST(AutoscaleTest, ComesBackToWholeGangsFromANumberThatIsNone) {
  Questions questions(config(0, 16), 5);
  questions.gang_size = 4;
  questions.config.upscale_delay_s = questions.config.downscale_delay_s = 0;
  questions.config.max_upscale_step = questions.config.max_downscale_step = 4;
  EXPECT_EQ(questions.ask(100, 30).num_replicas, 8) << "a step of at most 4, to the next whole gang";
  questions.target = questions.running = 7;
  EXPECT_EQ(questions.ask(200, 1).num_replicas, 4);
}

TEST(AutoscaleTest, APolicyWithoutAWishHoldsTheNumberAndItsDelay) {
  AutoscaleInput input{.now_s = 100,
                       .load = {.total = 50, .running = 2, .target = 2},
                       .bounds = {.least = 1, .most = 8},
                       .delay = {.direction = 1, .since_s = 95},
                       .held_because = "it is ill"};
  const AutoscalePolicy none = [](const AutoscaleLoad&, const AutoscalingConfig&) { return std::nullopt; };
  AutoscaleDecision decision = decide(input, config(1, 8), none);
  EXPECT_EQ(decision.num_replicas, 2);
  EXPECT_EQ(decision.verdict, Verdict::Held);
  EXPECT_EQ(decision.delay, input.delay);
  EXPECT_EQ(decision.due_s, std::nullopt);
  EXPECT_NE(decision.reason.find("2 stay: it is ill"), std::string::npos) << decision.reason;
  input.bounds = {.least = 3, .most = 8};
  EXPECT_EQ(decide(input, config(3, 8), none).num_replicas, 3) << "bounds hold all the same";
  input.load = {.total = 1, .running = 0, .target = 0};
  input.bounds.least = 0;
  EXPECT_EQ(decide(input, config(0, 8), none).num_replicas, 1) << "and so does a wake-up";
}

TEST(AutoscaleTest, ATargetOnAMetricAsksForItsShareOnEachReplica) {
  AutoscalingConfig with = config(1, 8);
  with.policy = "target_metric";
  with.policy_kwargs = {R"({"metric": "depth", "target": 5})"};
  const AutoscalePolicy policy = autoscale_policy(with);
  EXPECT_EQ(policy({.total = 100, .running = 2, .target = 2, .metric = 30}, with), 6);
  EXPECT_EQ(policy({.total = 100, .running = 2, .target = 2}, with), std::nullopt) << "nobody has reported it";
}

TEST(AutoscaleTest, CapacityIsRoundedHalfUpAndLeavesOne) {
  EXPECT_EQ(capacity_adjusted(5, std::nullopt), 5);
  EXPECT_EQ(capacity_adjusted(5, 100), 5);
  EXPECT_EQ(capacity_adjusted(5, 50), 3);
  EXPECT_EQ(capacity_adjusted(5, 49.9), 2);
  EXPECT_EQ(capacity_adjusted(5, 1), 1);
  EXPECT_EQ(capacity_adjusted(5, 0), 0);
  EXPECT_EQ(capacity_adjusted(0, 70), 0);
}

TEST(AutoscaleTest, WhileTheCapacityGrowsTheInitialNumberIsTheLeast) {
  AutoscalingConfig with = config(1, 10);
  with.initial_replicas = 6;
  EXPECT_EQ(replica_bounds(with, 50, true), (ReplicaBounds{.least = 3, .most = 5}));
  EXPECT_EQ(replica_bounds(with, 50, false), (ReplicaBounds{.least = 1, .most = 5}));
}

}  // namespace
}  // namespace manta::control
