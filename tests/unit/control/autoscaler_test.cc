#include "control/autoscaler.h"

#include <gtest/gtest.h>

namespace manta::control {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const DeploymentKey kScaled{"app", "D"};

class AutoscalerTest : public testing::Test {
 protected:
  AutoscalerTest() { follow({}); }
  void follow(AutoscalingConfig with) {
    with.max_replicas = 8;
    with.look_back_period_s = 4;
    with.upscale_delay_s = 2;
    autoscaler.follow(kScaled, {.config = with, .bounds = {.least = with.min_replicas, .most = 8}});
  }
  std::vector<DeploymentKey> report(Autoscaler::CallerId caller, std::int64_t queued) {
    return autoscaler.queued(caller, {.sent_at_s = 0, .deployments = {{"app", "D", queued}}}, now);
  }
  const AutoscaleDecision& look(const std::vector<std::string>& running = {"r1"}, int target = 1) {
    return last = autoscaler.look(kScaled, running, target, {.at = now, .unix_s = 1000});
  }
  double total() { return autoscaler.detail(kScaled).current.total_num_requests; }

  Autoscaler autoscaler;
  TimePoint now{std::chrono::hours(1)};
  AutoscaleDecision last;
};

TEST_F(AutoscalerTest, AddsRunningAndWaitingRequests) {
  autoscaler.replica_load(kScaled, "r1", 3, now);
  report(7, 2);
  report(8, 1);
  now += seconds(4);
  look();
  EXPECT_NEAR(total(), 6, 0.01);
  EXPECT_EQ(autoscaler.detail(kScaled).metrics.at("queued_requests"), 3);
}

TEST_F(AutoscalerTest, ForgetsTheLoadOfReplicasThatDoNotRun) {
  autoscaler.replica_load(kScaled, "r1", 3, now);
  autoscaler.replica_load(kScaled, "r2", 5, now);
  now += seconds(4);
  look({"r2"});
  EXPECT_NEAR(total(), 5, 0.01);
}

TEST_F(AutoscalerTest, ACallerWhoseProcessHasEndedHasNothingWaiting) {
  report(7, 50);
  now += seconds(1);
  EXPECT_EQ(autoscaler.caller_gone(7), std::vector{kScaled});
  look();
  EXPECT_EQ(total(), 0);
  EXPECT_TRUE(autoscaler.caller_gone(7).empty());
}

TEST_F(AutoscalerTest, ACallerThatIsSilentTooLongIsNotCounted) {
  follow({.metrics_interval_s = 8});
  report(7, 5);
  now += seconds(15);
  look();
  EXPECT_EQ(total(), 5);
  ASSERT_TRUE(autoscaler.next_look(kScaled).has_value());
  EXPECT_LE(*autoscaler.next_look(kScaled), now + seconds(1));
  EXPECT_EQ(autoscaler.detail(kScaled).metrics_health, "healthy");
  now += seconds(1);
  look();
  EXPECT_EQ(total(), 0);
}

TEST_F(AutoscalerTest, CallersThatWentSilentWithRequestsWaitingAreToldUntilTheyComeBackOrEnd) {
  follow({.metrics_interval_s = 8});
  const auto health = [this] {
    look();
    return autoscaler.detail(kScaled).metrics_health;
  };
  report(6, 0);
  report(7, 5);
  report(8, 2);
  now += seconds(16);
  EXPECT_EQ(health(), "delayed");
  EXPECT_EQ(autoscaler.detail(kScaled).errors.back(),
            "2 connected callers said that 7 requests wait and have been silent since: they are not counted");
  report(7, 1);
  EXPECT_EQ(health(), "delayed");
  autoscaler.caller_gone(8);
  EXPECT_EQ(health(), "healthy");
}

TEST_F(AutoscalerTest, AQueueIsZeroBeforeItsFirstReport) {
  look();
  now += seconds(10);
  report(7, 8);
  now += seconds(1);
  look({}, 1);  // it alone
  EXPECT_NEAR(total(), 2, 0.01);
}

TEST_F(AutoscalerTest, WakesUpAtOnceAlsoWhereTheLowestCounts) {
  follow({.min_replicas = 0, .aggregation_function = "min"});
  look({}, 0);
  report(7, 1);
  look({}, 0);
  EXPECT_EQ(last.num_replicas, 1);
}

TEST_F(AutoscalerTest, RemembersTheLastDecisionsAndWhyNothingWasDone) {
  autoscaler.replica_load(kScaled, "r1", 6, now);
  now += seconds(4);
  look();
  EXPECT_EQ(autoscaler.detail(kScaled).current.verdict, "UP_DELAYED");
  now += seconds(2);
  look();
  const AutoscalingDetail detail = autoscaler.detail(kScaled);
  ASSERT_EQ(detail.decisions.size(), 1u);
  EXPECT_EQ(detail.decisions[0].prev_num_replicas, 1);
  EXPECT_EQ(detail.decisions[0].curr_num_replicas, 3);
  EXPECT_EQ(detail.decisions[0].timestamp_s, 1000);
  EXPECT_EQ(detail.scaling_status, "UPSCALING");
  ASSERT_EQ(detail.verdicts.size(), 2u);
  EXPECT_EQ(detail.verdicts[0].verdict, "UP_DELAYED");
  EXPECT_EQ(detail.verdicts[1].verdict, "UP");
}

TEST_F(AutoscalerTest, KeepsABoundedNumberOfDecisions) {
  follow({.min_replicas = 0});
  for (int i = 0; i < 60; ++i) look({}, i % 2 == 0 ? 0 : 3);
  for (int i = 0; i < 60; ++i) {
    report(7, i % 2 == 0 ? 1 : 0);
    now += seconds(10);
    look({}, 0);
  }
  EXPECT_LE(autoscaler.detail(kScaled).decisions.size(), Autoscaler::kRemembered);
  EXPECT_GE(autoscaler.detail(kScaled).decisions.size(), 10u);
}

TEST_F(AutoscalerTest, SleepsWhileNothingCanChange) {
  autoscaler.replica_load(kScaled, "r1", 2, now);
  now += seconds(60);
  look();
  EXPECT_EQ(last.verdict, Verdict::Steady);
  EXPECT_EQ(autoscaler.next_look(kScaled), std::nullopt);
  autoscaler.replica_load(kScaled, "r1", 3, now);
  now += milliseconds(10);
  look();
  EXPECT_TRUE(autoscaler.next_look(kScaled).has_value());
}

TEST_F(AutoscalerTest, LooksAgainWhenADelayIsOver) {
  autoscaler.replica_load(kScaled, "r1", 9, now);
  look();
  const auto next = autoscaler.next_look(kScaled);
  ASSERT_TRUE(next.has_value());
  EXPECT_EQ(*next, now + seconds(2));
}

TEST_F(AutoscalerTest, NewTermsBeginNewDelays) {
  autoscaler.replica_load(kScaled, "r1", 9, now);
  look();
  now += seconds(1);
  follow({.target_ongoing_requests = 3});
  now += seconds(1);
  look();
  EXPECT_EQ(last.verdict, Verdict::UpDelayed);
  now += seconds(2);
  look();
  EXPECT_EQ(last.num_replicas, 3);
}

TEST_F(AutoscalerTest, ForgetsDeploymentsThatAreGone) {
  autoscaler.keep_only({{"app", "C"}});
  EXPECT_FALSE(autoscaler.follows(kScaled));
  EXPECT_TRUE(report(7, 5).empty());
}

TEST_F(AutoscalerTest, ShowsItsFiguresByDeployment) {
  autoscaler.replica_load(kScaled, "r1", 6, now);
  look();
  const std::string text = autoscaler.figures();
  EXPECT_NE(text.find("autoscaling_desired_replicas{"), std::string::npos) << text;
  EXPECT_NE(text.find("policy_scope=\"deployment\""), std::string::npos);
}

}  // namespace
}  // namespace manta::control
