#include "control/autoscaler.h"

#include <limits>

#include <gtest/gtest.h>

namespace manta::control {
namespace {

using std::chrono::seconds;

const DeploymentKey kFollowed{"app", "D"};

class AutoscalerPolicyTest : public ::testing::Test {
 protected:
  AutoscalerPolicyTest() { follow({.name = "custom:mine", .is_asked = true}); }
  void follow(PolicyUse use, AutoscalingConfig config = {}) {
    config.max_replicas = 8;
    config.look_back_period_s = 4;
    config.upscale_delay_s = 2;
    config.downscale_delay_s = 0;
    autoscaler.follow(kFollowed,
                      {.config = config, .bounds = {.least = config.min_replicas, .most = 8}, .policy = use});
  }
  Autoscaler::Moment moment() const { return {.at = now, .unix_s = 1000 + seconds_of(now)}; }
  int answered(double replicas, const char* state = "{}") {
    const AutoscalingDecision answer{.num_replicas = replicas, .state = {state}};
    return target = autoscaler.answered(kFollowed, running, target, moment(), answer, 1.5).num_replicas;
  }
  int look() { return target = autoscaler.look(kFollowed, running, target, moment()).num_replicas; }
  AutoscalingDetail detail() const { return autoscaler.detail(kFollowed); }

  Autoscaler autoscaler;
  TimePoint now{std::chrono::hours(1)};
  std::vector<std::string> running{"r1", "r2"};
  int target = 2;
};

TEST_F(AutoscalerPolicyTest, TellsThePolicyWhatItKnows) {
  now += seconds(4);
  autoscaler.replica_load(kFollowed, "r1", 3, now);
  autoscaler.replica_load(kFollowed, "r2", 1, now);
  autoscaler.replica_metrics(kFollowed, "r1", {{"depth", 4}}, now);
  autoscaler.queued(7, {.deployments = {{"app", "D", 5}}}, now);
  now += seconds(2);
  autoscaler.replica_metrics(kFollowed, "r1", {{"depth", 8}}, now);
  now += seconds(2);
  const AutoscalingContext context = autoscaler.context(kFollowed, running, target, moment());
  EXPECT_EQ(context.app_name, "app");
  EXPECT_EQ(context.deployment_name, "D");
  EXPECT_EQ(context.current_num_replicas, 2);
  EXPECT_EQ(context.target_num_replicas, 2);
  EXPECT_EQ(context.running_replicas, running);
  EXPECT_NEAR(context.total_num_requests, 9, 0.01);
  EXPECT_NEAR(context.total_queued_requests, 5, 0.01);
  EXPECT_NEAR(context.total_running_requests, 4, 0.01);
  EXPECT_NEAR(context.aggregated_metrics.at("depth").at("r1"), 6, 0.01) << "the mean over the window";
  EXPECT_EQ(context.latest_metrics.at("depth").at("r1"), 8);
  EXPECT_FALSE(context.aggregated_metrics.at("depth").contains("r2"));
  EXPECT_NEAR(context.aggregated_metrics.at("running_requests").at("r1"), 3, 0.01);
  EXPECT_EQ(context.capacity_adjusted_min_replicas, 1);
  EXPECT_EQ(context.capacity_adjusted_max_replicas, 8);
  EXPECT_EQ(context.policy_state.text, "{}");
  EXPECT_EQ(context.last_scale_up_time, std::nullopt);
  EXPECT_EQ(context.current_time, moment().unix_s);
}

TEST_F(AutoscalerPolicyTest, DelaysFactorsAndBoundsApplyToItsAnswer) {
  follow({.name = "custom:mine", .is_asked = true}, {.upscaling_factor = 2});
  EXPECT_EQ(answered(3), 2);
  EXPECT_EQ(detail().current.verdict, "UP_DELAYED");
  EXPECT_EQ(detail().current.policy_num_replicas, 3);
  EXPECT_EQ(detail().current.desired_num_replicas, 4) << "the factor";
  now += seconds(2);
  EXPECT_EQ(answered(20), 8);
  EXPECT_EQ(detail().current.bounded_num_replicas, 8);
  EXPECT_EQ(detail().decisions.back().policy, "custom:mine");
  EXPECT_EQ(autoscaler.context(kFollowed, running, target, moment()).last_scale_up_time, moment().unix_s);
}

TEST_F(AutoscalerPolicyTest, GivesItsStateBackAndForgetsItWithThePolicy) {
  answered(2, R"({"n":1})");
  EXPECT_EQ(autoscaler.context(kFollowed, running, target, moment()).policy_state.text, R"({"n":1})");
  follow({.name = "custom:mine", .is_asked = true}, {.target_ongoing_requests = 9});
  EXPECT_EQ(autoscaler.memory(kFollowed).state.text, R"({"n":1})") << "the same policy";
  follow({.name = "custom:mine", .kwargs = {R"({"x":2})"}, .is_asked = true});
  EXPECT_EQ(autoscaler.memory(kFollowed).state.text, "{}");
}

TEST_F(AutoscalerPolicyTest, ALookMakesNoDecisionButWakesUp) {
  autoscaler.replica_load(kFollowed, "r1", 50, now);
  now += seconds(4);
  EXPECT_EQ(look(), 2);
  EXPECT_EQ(detail().current.verdict, "HELD");
  EXPECT_NE(detail().current.reason.find("has not answered yet"), std::string::npos);
  running.clear();
  target = 0;
  follow({.name = "custom:mine", .is_asked = true}, {.min_replicas = 0});
  autoscaler.queued(7, {.deployments = {{"app", "D", 1}}}, now);
  now += seconds(1);
  EXPECT_EQ(look(), 1) << "also while the policy is ill";
}

TEST_F(AutoscalerPolicyTest, AFailureLeavesTheNumberTheStateAndTheDelay) {
  answered(4, R"({"n":1})");
  now += seconds(1);
  autoscaler.failed(kFollowed, target, moment(), "took longer than 10 s");
  autoscaler.failed(kFollowed, target, moment(), "took longer than 10 s");
  EXPECT_EQ(detail().current.verdict, "HELD");
  EXPECT_EQ(detail().current.reason, "policy 'custom:mine' took longer than 10 s: 2 stay");
  EXPECT_EQ(detail().verdicts.size(), 2u) << "the same again is not told again";
  EXPECT_EQ(detail().policy->failures, 2u);
  EXPECT_EQ(detail().policy->state.text, R"({"n":1})");
  EXPECT_EQ(detail().errors, std::vector<std::string>{"took longer than 10 s"});
  now += seconds(1);
  EXPECT_EQ(answered(4), 4) << "two seconds after the first wish";
  EXPECT_TRUE(detail().errors.empty());
  EXPECT_NE(autoscaler.figures().find("autoscaling_policy_failures{application=\"app\",deployment=\"D\",policy="
                                      "\"custom:mine\"} 2"),
            std::string::npos)
      << autoscaler.figures();
}

TEST_F(AutoscalerPolicyTest, OneThatIsLeftOutKeepsItsNumber) {
  EXPECT_EQ(autoscaler.answered(kFollowed, running, 2, moment(), std::nullopt, 1).num_replicas, 2);
  EXPECT_EQ(detail().current.verdict, "HELD");
  EXPECT_TRUE(detail().errors.empty());
}

TEST_F(AutoscalerPolicyTest, TakesOverWhatAnEarlierControllerStored) {
  const PolicyUse use{.name = "custom:mine", .is_asked = true};
  autoscaler.restore(kFollowed, {.of = {.name = "custom:other", .is_asked = true}, .state = {R"({"n":1})"}});
  EXPECT_EQ(autoscaler.memory(kFollowed).state.text, "{}");
  autoscaler.restore(kFollowed, {.of = use, .state = {R"({"n":2})"}, .last_scale_up_time = 7});
  EXPECT_EQ(autoscaler.context(kFollowed, running, target, moment()).last_scale_up_time, 7);
  answered(2, R"({"n":3})");
  autoscaler.restore(kFollowed, {.of = use, .state = {R"({"n":2})"}});
  EXPECT_EQ(autoscaler.memory(kFollowed).state.text, R"({"n":3})") << "it has answered since";
}

TEST_F(AutoscalerPolicyTest, ATargetOnAMetricFollowsWhatReplicasReport) {
  follow({.name = "target_metric"}, {.downscale_to_zero_delay_s = 0,
                                     .policy = "target_metric",
                                     .policy_kwargs = {R"({"metric": "depth", "target": 5})"}});
  look();
  EXPECT_EQ(detail().current.verdict, "HELD");
  EXPECT_NE(detail().current.reason.find("no replica that runs has reported 'depth'"), std::string::npos);
  autoscaler.replica_metrics(kFollowed, "r1", {{"depth", 12}}, now);
  autoscaler.replica_metrics(kFollowed, "r2", {{"depth", 8}}, now);
  now += seconds(4);
  look();
  now += seconds(2);
  EXPECT_EQ(look(), 4);
  EXPECT_NEAR(detail().metrics.at("depth"), 10, 0.01);
}

TEST_F(AutoscalerPolicyTest, AMetricThatIsNoNumberOrOneTooManyIsNotLookedAt) {
  std::map<std::string, double> many{{"bad", std::numeric_limits<double>::quiet_NaN()}};
  for (int i = 0; i < 100; ++i) many["m" + std::to_string(100 + i)] = i;
  autoscaler.replica_metrics(kFollowed, "r1", many, now);
  const auto context = autoscaler.context(kFollowed, running, target, moment());
  EXPECT_EQ(context.latest_metrics.size(), Autoscaler::kMostMetrics + 1) << "and running_requests";
  EXPECT_FALSE(context.latest_metrics.contains("bad"));
}

}  // namespace
}  // namespace manta::control
