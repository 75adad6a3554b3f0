#include <gtest/gtest.h>

#include "unit/control/controller_fixture.h"

namespace manta::control {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class ControllerAutoscaleTest : public ControllerTest {
 protected:
  ControllerAutoscaleTest() {
    config.autoscaling_config = {.min_replicas = 1,
                                 .max_replicas = 4,
                                 .target_ongoing_requests = 5,
                                 .look_back_period_s = 1,
                                 .upscale_delay_s = 10,
                                 .downscale_delay_s = 60};
  }
  AutoscalingConfig& autoscaling() { return *config.autoscaling_config; }
  Result<void> deploy_with(bool external_scaler, std::optional<double> target_capacity = std::nullopt) {
    std::optional<Result<void>> result;
    TaskScope scope(loop);
    spec::InstanceConfig instance = config_of("{}");
    instance.applications[0].external_scaler_enabled = external_scaler;
    instance.target_capacity = target_capacity;
    scope.spawn(deploy_into(*controller, std::move(instance), result));
    loop.poll();
    return *result;
  }
  // Every replica has so many requests.
  void load(std::int64_t ongoing) {
    for (const auto& [id, process] : backend.running()) fakes.tell(id, {.state = "RUNNING", .ongoing = ongoing});
    loop.poll();
    pass(milliseconds(25));  // reports that come closer together are looked at together
  }
  void report(Autoscaler::CallerId caller, std::int64_t queued) {
    ASSERT_TRUE(controller->take_load(caller, {.deployments = {{"app", "D", queued}}}));
    pass(milliseconds(25));
  }
  void pass_in_steps(Duration time) {
    for (Duration passed{}; passed < time; passed += milliseconds(500)) pass(milliseconds(500));
  }
  int target() const { return controller->applications().at("app").deployments.at("D").target.num_replicas; }
  bool ready() const { return snapshot().applications.at(0)->ready; }
};

TEST_F(ControllerAutoscaleTest, AddsAReplicaUnderLoadAndTakesItAwayAfterwards) {
  run(1);
  load(10);
  EXPECT_EQ(backend.running().size(), 1u);
  EXPECT_EQ(controller->autoscaling_detail({"app", "D"})->current.verdict, "UP_DELAYED");
  pass_in_steps(seconds(11));
  EXPECT_EQ(backend.running().size(), 2u);
  EXPECT_EQ(status().status, "UPSCALING");
  EXPECT_EQ(status().status_trigger, "AUTOSCALING");
  EXPECT_EQ(status().message, "Upscaling from 1 to 2 replicas.");
  EXPECT_EQ(application_status().status, "RUNNING");
  EXPECT_TRUE(ready()) << "the one that runs serves on";
  settle();
  EXPECT_EQ(status().status, "HEALTHY");
  EXPECT_EQ(status().status_trigger, "UPSCALE_COMPLETED");
  load(1);
  pass_in_steps(seconds(58));
  EXPECT_EQ(backend.running().size(), 2u);
  pass_in_steps(seconds(5));
  EXPECT_EQ(backend.running().size(), 1u);
  EXPECT_EQ(status().status_trigger, "DOWNSCALE_COMPLETED");
  EXPECT_EQ(controller->autoscaling_detail({"app", "D"})->decisions.size(), 2u);
}

TEST_F(ControllerAutoscaleTest, SleepsWithoutReplicasAndWakesForAWaitingRequest) {
  autoscaling().min_replicas = 0;
  run(1);
  EXPECT_TRUE(backend.running().empty());
  EXPECT_EQ(status().status, "HEALTHY");
  EXPECT_EQ(application_status().status, "RUNNING");
  EXPECT_TRUE(ready());
  report(7, 1);
  EXPECT_EQ(backend.running().size(), 1u) << "at once, without a delay";
  EXPECT_EQ(status().status, "UPSCALING");
  EXPECT_TRUE(ready()) << "asleep is no failure, and waking up is none";
  settle();
  report(7, 0);
  load(0);
  EXPECT_EQ(status().status, "HEALTHY");
  pass_in_steps(seconds(63));
  EXPECT_TRUE(backend.running().empty());
}

TEST_F(ControllerAutoscaleTest, IsNotReadyBeforeItsFirstReplicaRuns) {
  ASSERT_TRUE(deploy(1));
  EXPECT_FALSE(ready());
  settle();
  EXPECT_TRUE(ready());
}

TEST_F(ControllerAutoscaleTest, AsksCallersToReport) {
  autoscaling().metrics_interval_s = 3;
  run(1);
  EXPECT_EQ(snapshot().deployments.at(0)->load_report_interval_s, 3);
  config.autoscaling_config.reset();
  ASSERT_TRUE(deploy(1));
  EXPECT_EQ(snapshot().deployments.at(0)->load_report_interval_s, 0);
}

TEST_F(ControllerAutoscaleTest, WhatWaitsInAProcessThatEndedWakesNobody) {
  run(1);
  report(7, 50);
  EXPECT_GT(controller->autoscaling_detail({"app", "D"})->current.queued_requests, 0);
  controller->caller_gone(7);
  pass_in_steps(seconds(20));
  EXPECT_EQ(target(), 1);
}

TEST_F(ControllerAutoscaleTest, AControllerThatHasNotAdoptedYetAsksCallersToTryAgain) {
  ASSERT_TRUE(deploy(1));
  begin();
  EXPECT_EQ(http_status(controller->take_load(7, {}).error()), 503);
  settle();
  EXPECT_TRUE(controller->take_load(7, {}));
}

TEST_F(ControllerAutoscaleTest, TheNumberSurvivesTheController) {
  autoscaling().initial_replicas = 2;
  run(1);
  EXPECT_EQ(backend.running().size(), 2u);
  load(10);
  pass_in_steps(seconds(11));
  settle();
  EXPECT_EQ(target(), 4);
  begin();
  settle();
  EXPECT_EQ(target(), 4) << "and not the initial number";
  EXPECT_EQ(backend.running().size(), 4u);
}

TEST_F(ControllerAutoscaleTest, InitialReplicasCountWhenTheConfigurationChangesAndNotElse) {
  autoscaling().initial_replicas = 2;
  run(1);
  load(10);
  pass_in_steps(seconds(11));
  settle();
  load(10);
  ASSERT_TRUE(deploy(1));
  EXPECT_EQ(target(), 4) << "the same again";
  autoscaling().target_ongoing_requests = 6;
  ASSERT_TRUE(deploy(1));
  EXPECT_EQ(target(), 2);
  autoscaling().initial_replicas.reset();
  autoscaling().min_replicas = 3;
  ASSERT_TRUE(deploy(1));
  EXPECT_EQ(target(), 3) << "kept within the bounds";
}

TEST_F(ControllerAutoscaleTest, CapacityNarrowsTheBounds) {
  autoscaling().min_replicas = 4;
  ASSERT_TRUE(deploy_with(false, 50));
  EXPECT_EQ(target(), 2);
  ASSERT_TRUE(deploy_with(false));
  EXPECT_EQ(target(), 4);
  config.autoscaling_config.reset();
  config.num_replicas = 3;
  ASSERT_TRUE(deploy_with(false, 50));
  EXPECT_EQ(target(), 2) << "fixed numbers too";
}

TEST_F(ControllerAutoscaleTest, AnExternalScalerSetsTheNumberWhereItMay) {
  config.autoscaling_config.reset();
  run(1);
  EXPECT_EQ(http_status(controller->scale("app", "D", 2).error()), 412);
  EXPECT_EQ(http_status(controller->scale("none", "D", 2).error()), 404);
  ASSERT_TRUE(deploy_with(true));
  EXPECT_EQ(http_status(controller->scale("app", "none", 2).error()), 404);
  EXPECT_EQ(http_status(controller->scale("app", "D", -1).error()), 400);
  ASSERT_TRUE(controller->scale("app", "D", 3));
  loop.poll();
  EXPECT_EQ(status().status, "UPSCALING");
  EXPECT_EQ(status().status_trigger, "CONFIG_UPDATE_STARTED");
  settle();
  EXPECT_EQ(backend.running().size(), 3u);
  begin();
  settle();
  EXPECT_EQ(backend.running().size(), 3u) << "kept by the next controller";
  config.num_replicas = 2;
  ASSERT_TRUE(deploy_with(true));
  settle();
  EXPECT_EQ(backend.running().size(), 2u) << "a new configuration has the last word";
}

TEST_F(ControllerAutoscaleTest, AnExternalScalerLeavesAloneWhatFollowsTheLoad) {
  ASSERT_TRUE(deploy_with(true));
  EXPECT_EQ(http_status(controller->scale("app", "D", 2).error()), 412);
}

TEST_F(ControllerAutoscaleTest, ShowsItsFigures) {
  run(1);
  load(10);
  const std::string text = controller->metrics_text();
  EXPECT_NE(text.find("autoscaling_total_requests{application=\"app\",deployment=\"D\"} 10"), std::string::npos)
      << text;
}

}  // namespace
}  // namespace manta::control
