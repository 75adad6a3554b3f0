#include "unit/control/controller_fixture.h"

namespace manta::control {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_F(ControllerTest, RoutesToReplicasWhenTheyRunAndNotBefore) {
  ASSERT_TRUE(deploy(2));
  EXPECT_EQ(backend.running().size(), 2u);
  EXPECT_EQ(status().status, "UPDATING");
  EXPECT_EQ(routed(), 0u);
  EXPECT_FALSE(snapshot().applications.at(0)->ready);
  fakes.tell(first(), {.state = "RUNNING"});
  loop.poll();
  EXPECT_EQ(routed(), 1u);
  fakes.tell_all("RUNNING");
  loop.poll();
  EXPECT_EQ(routed(), 2u);
  EXPECT_TRUE(snapshot().applications.at(0)->ready);
  EXPECT_EQ(status().status_trigger, "CONFIG_UPDATE_COMPLETED");
}

TEST_F(ControllerTest, AnApplicationIsAnnouncedAsNotReadyWhileItIsDescribed) {
  run(1);
  describing = seconds(2);
  spec::InstanceConfig both;
  both.applications = {{.name = "app", .import_path = "builtin:test"}, {.name = "more", .import_path = "builtin:test"}};
  std::optional<Result<void>> result;
  TaskScope scope(loop);
  scope.spawn(deploy_into(*controller, both, result));
  loop.poll();
  ASSERT_FALSE(result);
  ASSERT_EQ(snapshot().applications.size(), 2u);
  EXPECT_TRUE(snapshot().applications[0]->ready) << "it serves on";
  EXPECT_EQ(*snapshot().applications[1], (spec::ApplicationRoutes{.application = "more"}));
  pass(seconds(2));
  pass(seconds(2));
  ASSERT_TRUE(result);
  EXPECT_FALSE(*result) << "both have the same name and prefix";
  ASSERT_EQ(snapshot().applications.size(), 1u) << "the refused deploy has left nothing";
  EXPECT_TRUE(snapshot().applications[0]->ready);
}

TEST_F(ControllerTest, TheFirstRestartIsImmediate) {
  run(1);
  pass(seconds(2));
  const std::string dead = first();
  kill(dead);
  ASSERT_EQ(backend.running().size(), 1u);
  EXPECT_NE(first(), dead);
  EXPECT_EQ(status().status, "UNHEALTHY");
  EXPECT_EQ(status().message, "replica " + dead + " ended: killed by signal 9\nlast words");
  fakes.tell(first(), {.state = "RUNNING"});
  loop.poll();
  EXPECT_EQ(status().status, "HEALTHY");
}

TEST_F(ControllerTest, TheSeriesOfAReplicaGoAMinuteAfterItsEnd) {
  run(1);
  const std::string dead = first();
  kill(dead);
  pass(seconds(59));
  EXPECT_NE(controller->metrics_text().find(dead), std::string::npos);
  pass(seconds(1));
  EXPECT_EQ(controller->metrics_text().find(dead), std::string::npos);
  EXPECT_NE(controller->metrics_text().find(first()), std::string::npos);
  EXPECT_NE(controller->metrics_text().find("ray_serve_replica_startup_latency_ms_count{"), std::string::npos);
  ASSERT_TRUE(controller->delete_application("app"));
  pass(seconds(60));
  EXPECT_EQ(controller->metrics_text().find("ray_serve_application_status{"), std::string::npos);
}

TEST_F(ControllerTest, TheSecondRestartWaits) {
  run(1);
  kill(first());
  kill(first());
  EXPECT_TRUE(backend.running().empty());
  pass(milliseconds(249));
  EXPECT_TRUE(backend.running().empty());
  pass(milliseconds(1));
  EXPECT_EQ(backend.running().size(), 1u);
}

TEST_F(ControllerTest, ThreeFailedStartsOfOneReplicaAreAFailedDeploy) {
  ASSERT_TRUE(deploy(1));
  for (int attempt = 0; attempt < 3; ++attempt) {
    ASSERT_EQ(backend.running().size(), 1u) << attempt;
    fakes.tell(first(), {.state = "START_FAILED", .message = "D: no model"});
    loop.poll();
    pass(seconds(1));
  }
  EXPECT_TRUE(backend.running().empty());
  EXPECT_EQ(status().status, "DEPLOY_FAILED");
  EXPECT_NE(status().message.find("D: no model"), std::string::npos) << status().message;
  pass(seconds(100));
  EXPECT_TRUE(backend.running().empty()) << "terminal until the next deploy";
  ASSERT_TRUE(deploy(1));
  EXPECT_EQ(backend.running().size(), 1u);
}

TEST_F(ControllerTest, AStartThatWouldFailAgainTheSameWayIsAFailedDeployAtOnce) {
  ASSERT_TRUE(deploy(2));
  fakes.tell(first(), {.state = "START_FAILED", .message = "D: unknown option 'x'", .is_final = true});
  loop.poll();
  EXPECT_EQ(status().status, "DEPLOY_FAILED");
  EXPECT_NE(status().message.find("unknown option 'x'"), std::string::npos) << status().message;
  pass(seconds(100));
  EXPECT_EQ(backend.running().size(), 1u) << "nothing new is started";
}

TEST_F(ControllerTest, ADeploymentThatHasServedTriesAgainWhateverTheReplicaSays) {
  run(1);
  pass(seconds(2));
  kill(first());
  ASSERT_EQ(backend.running().size(), 1u);
  fakes.tell(first(), {.state = "START_FAILED", .message = "D: no model", .is_final = true});
  loop.poll();
  EXPECT_EQ(status().status, "UNHEALTHY");
  pass(seconds(1));
  EXPECT_EQ(backend.running().size(), 1u) << "the file may come back";
}

TEST_F(ControllerTest, AReplicaThatIsNotReadyInTimeFails) {
  ASSERT_TRUE(deploy(1));
  const std::string slow = first();
  pass(seconds(601));
  EXPECT_FALSE(backend.running().contains(slow));
  EXPECT_NE(status().message.find("not ready within 600 s"), std::string::npos) << status().message;
}

TEST_F(ControllerTest, ThreeFailedHealthChecksInARowReplaceAReplica) {
  run(1);
  const std::string sick = first();
  fakes.healthy = false;
  for (int i = 0; i < 2; ++i) pass(seconds(11));
  EXPECT_TRUE(backend.running().contains(sick));
  pass(seconds(11));
  pass(seconds(0));
  EXPECT_EQ(fakes.health_checks, 3);
  EXPECT_FALSE(backend.running().contains(sick));
  EXPECT_EQ(backend.running().size(), 1u);
  EXPECT_EQ(status().status, "UNHEALTHY");
  EXPECT_NE(status().message.find("3 health checks in a row: sick"), std::string::npos) << status().message;
}

TEST_F(ControllerTest, AnotherPeriodOfHealthChecksHoldsAtOnce) {
  config.health_check_period_s = 600;
  run(1);
  pass(seconds(11));
  EXPECT_EQ(fakes.health_checks, 0);
  config.health_check_period_s = 10;
  ASSERT_TRUE(deploy(1));
  pass(seconds(11));
  EXPECT_EQ(fakes.health_checks, 1);
  pass(seconds(11));
  EXPECT_EQ(fakes.health_checks, 2) << "one check after the other";
}

TEST_F(ControllerTest, AStoppedReplicaLeavesRoutingBeforeItIsTold) {
  run(2);
  backend.exits_when_stopped = false;
  ASSERT_TRUE(deploy(1));
  EXPECT_EQ(backend.stopped().size(), 1u);
  EXPECT_EQ(routed(), 1u);
  EXPECT_EQ(status().replica_states, (std::map<std::string, int>{{"RUNNING", 1}, {"STOPPING", 1}}));
}

TEST_F(ControllerTest, AnUpdateReplacesEveryReplicaAndStartsBeforeItStops) {
  run(2);
  const auto before = backend.running();
  ASSERT_TRUE(deploy(2, R"({"changed":true})"));
  EXPECT_EQ(backend.running().size(), 3u);
  for (int step = 0; step < 4; ++step) {
    fakes.tell_all("RUNNING");
    loop.poll();
    EXPECT_GE(routed(), 2u);
  }
  EXPECT_EQ(backend.running().size(), 2u);
  for (const auto& [id, process] : before) EXPECT_FALSE(backend.running().contains(id));
  EXPECT_EQ(status().status, "HEALTHY");
}

TEST_F(ControllerTest, NewLimitsAreToldToTheReplicasThatRun) {
  run(2);
  const auto before = backend.running();
  EXPECT_TRUE(fakes.settings.empty());
  config.max_ongoing_requests = 9;
  ASSERT_TRUE(deploy(2));
  loop.poll();
  ASSERT_EQ(fakes.settings.size(), 2u);
  EXPECT_NE(fakes.settings[0].find("\"max_ongoing_requests\":9"), std::string::npos) << fakes.settings[0];
  EXPECT_EQ(snapshot().deployments.at(0)->replicas.at(0).max_ongoing_requests, 9);
  EXPECT_EQ(status().status, "HEALTHY");
  EXPECT_EQ(status().status_trigger, "CONFIG_UPDATE_COMPLETED");
  EXPECT_EQ(backend.running().size(), before.size());
  for (const auto& [id, process] : before) EXPECT_TRUE(backend.running().contains(id)) << "no restart";
  pass(seconds(20));
  EXPECT_EQ(fakes.settings.size(), 2u) << "told once";
}

TEST_F(ControllerTest, ReplicasThatRefuseTheirSettingsServeOnAndTheDeployHasFailed) {
  run(1);
  const std::string before = first();
  fakes.settings_error = R"({"error":{"type":"AppError","message":"no such model"}})";
  config.max_ongoing_requests = 9;
  ASSERT_TRUE(deploy(1));
  loop.poll();
  EXPECT_EQ(status().status, "DEPLOY_FAILED");
  EXPECT_EQ(status().message, "replica " + before + ": reconfigure() failed: no such model");
  EXPECT_EQ(first(), before);
  EXPECT_EQ(routed(), 1u);
  fakes.settings_error.clear();
  ASSERT_TRUE(deploy(1));
  loop.poll();
  EXPECT_EQ(status().status, "HEALTHY") << "the next deploy tries again";
}

TEST_F(ControllerTest, SettingsThatDidNotArriveAreToldAgain) {
  run(1);
  fakes.settings_error = R"({"error":{"type":"Unavailable","message":"busy"}})";
  config.max_ongoing_requests = 9;
  ASSERT_TRUE(deploy(1));
  loop.poll();
  EXPECT_EQ(status().status, "UPDATING");
  fakes.settings_error.clear();
  pass(seconds(1));
  loop.poll();
  EXPECT_EQ(status().status, "HEALTHY");
}

TEST_F(ControllerTest, TheNextControllerAdoptsWhatLives) {
  run(2);
  const auto before = backend.running();
  const auto stamp = snapshot().stamp;
  begin();
  EXPECT_EQ(routed(), 2u) << "the fakes say RUNNING again as soon as they are asked";
  EXPECT_EQ(backend.running().size(), 2u);
  for (const auto& [id, process] : before) EXPECT_TRUE(backend.running().contains(id));
  EXPECT_TRUE(snapshot().adopted);
  EXPECT_GT(snapshot().stamp, stamp);
  EXPECT_EQ(status().status, "HEALTHY");
}

TEST_F(ControllerTest, SnapshotsAreNotAdoptedWhileAReplicaIsUnheard) {
  ASSERT_TRUE(deploy(1));
  begin();
  EXPECT_FALSE(snapshot().adopted);
  EXPECT_EQ(backend.running().size(), 1u) << "nothing is started on a guess";
  pass(seconds(10));
  EXPECT_TRUE(snapshot().adopted) << "waited long enough";
}

TEST_F(ControllerTest, AReplicaOfNoApplicationIsStopped) {
  run(1);
  ASSERT_TRUE(store->replace({}, {}));
  begin();
  fakes.tell_all("RUNNING");
  loop.poll();
  EXPECT_TRUE(backend.running().empty());
}

TEST_F(ControllerTest, ADeletedApplicationDisappearsWithItsLastReplica) {
  run(1);
  ASSERT_TRUE(controller->delete_application("app"));
  EXPECT_FALSE(controller->delete_application("app"));
  loop.poll();
  EXPECT_TRUE(controller->applications().empty());
  EXPECT_TRUE(store->deployed()->records.empty());
}

TEST_F(ControllerTest, StoppingAllForgetsNothing) {
  run(2);
  bool done = false;
  controller->stop_all([&] { done = true; });
  loop.poll();
  EXPECT_TRUE(done);
  EXPECT_TRUE(backend.running().empty());
  EXPECT_EQ(store->deployed()->records.size(), 1u);
}

TEST_F(ControllerTest, TheStatusOfProxiesIsAMetric) {
  const auto shown = [this](const std::string& status) {
    controller->set_proxy_status("n", status);
    loop.poll();
    const std::string text = controller->metrics_text();
    const std::size_t at = text.find("proxy_status{node_id=\"n\"} ");
    return at == std::string::npos ? '?' : text.at(text.find(' ', at) + 1);
  };
  EXPECT_EQ(shown("STARTING"), '1');
  EXPECT_EQ(shown("HEALTHY"), '2');
  EXPECT_EQ(shown("UNHEALTHY"), '3');
  EXPECT_EQ(shown("DRAINED"), '5');
}

TEST_F(ControllerTest, AProcessThatCannotBeStartedCountsAsAFailedStart) {
  backend.fail_starts = 1;
  ASSERT_TRUE(deploy(1));
  EXPECT_EQ(backend.running().size(), 1u) << "tried again at once";
  EXPECT_NE(status().message.find("cannot execute the replica"), std::string::npos) << status().message;
}

}  // namespace
}  // namespace manta::control
