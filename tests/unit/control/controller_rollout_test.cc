// Rollouts that fail, roll back, and are taken over by the next controller.
#include <gtest/gtest.h>

#include <algorithm>

#include "unit/control/controller_fixture.h"

namespace manta::control {
namespace {

using std::chrono::seconds;

class ControllerRolloutTest : public ControllerTest {
 protected:
  ControllerRolloutTest() {
    // The route tells which version is published.
    build = [this](const std::string& args) {
      spec::ApplicationGraph graph{.name = "app", .ingress = "D", .routes = {{"GET", "/" + args.substr(1, 3), "call"}}};
      graph.nodes.push_back({.name = "D",
                             .class_name = "D",
                             .fingerprint = args,
                             .config = config,
                             .methods = {{.name = args.substr(1, 3)}}});
      return graph;
    };
  }
  std::string route() const { return snapshot().applications.at(0)->routes.at(0).path; }
  std::string method() const { return snapshot().deployments.at(0)->methods.at(0).name; }

  const std::string one = "\"one\"", two = "\"two\"";
};

TEST_F(ControllerRolloutTest, AfterAFailedUpdateTheOldVersionIsKeptAlive) {
  run(2, one);
  ASSERT_TRUE(deploy(2, two));
  fail_starts(two);
  ASSERT_EQ(status().status, "DEPLOY_FAILED");
  EXPECT_EQ(running(one).size(), 2u);
  kill(running(one).front());
  pass(seconds(1));
  EXPECT_EQ(running(one).size(), 2u) << "replaced by one of the old version";
  EXPECT_TRUE(running(two).empty());
  settle();
  EXPECT_EQ(routed(), 2u);
  EXPECT_EQ(status().status, "DEPLOY_FAILED");
  EXPECT_NE(status().message.find("D: no model"), std::string::npos) << "the reason stays: " << status().message;
}

TEST_F(ControllerRolloutTest, TheDocumentIsMadeAnewOnlyWhenTheCodeSaysSomethingElse) {
  const auto document = [this] { return snapshot().applications.at(0)->openapi; };
  run(2, one);
  const auto before = document();
  EXPECT_NE(before->find("/one"), std::string::npos) << *before;
  run(1, one);
  EXPECT_TRUE(document().is_same_object(before));
  run(1, two);
  EXPECT_EQ(document()->find("/one"), std::string::npos);
  EXPECT_NE(document()->find("/two"), std::string::npos);
}

TEST_F(ControllerRolloutTest, TheNextControllerKeepsTheOldVersionAliveToo) {
  run(2, one);
  ASSERT_TRUE(deploy(2, two));
  fail_starts(two);
  const std::string message = status().message;
  begin();
  EXPECT_EQ(status().status, "DEPLOY_FAILED");
  EXPECT_EQ(status().message, message);
  EXPECT_EQ(status().status_trigger, "REPLICA_STARTUP_FAILED");
  kill(running(one).front());
  pass(seconds(1));
  EXPECT_EQ(running(one).size(), 2u);
  EXPECT_TRUE(running(two).empty()) << "given up until the next deploy";
  ASSERT_TRUE(deploy(2, two));
  EXPECT_FALSE(running(two).empty()) << "the next deploy";
  settle();
  EXPECT_EQ(status().status, "HEALTHY");
  EXPECT_EQ(running(two).size(), 2u);
}

TEST_F(ControllerRolloutTest, ARolloutGoesOnUnderTheNextController) {
  run(3, one);
  ASSERT_TRUE(deploy(3, two));
  fakes.tell_all("RUNNING");
  loop.poll();
  begin();
  settle();
  EXPECT_EQ(running(two).size(), 3u);
  EXPECT_TRUE(running(one).empty());
  EXPECT_EQ(status().status, "HEALTHY");
}

TEST_F(ControllerRolloutTest, RoutesAndMethodsAreThoseOfWhatRuns) {
  run(2, one);
  EXPECT_EQ(route(), "/one");
  ASSERT_TRUE(deploy(2, two));
  EXPECT_EQ(route(), "/one");
  EXPECT_EQ(method(), "one");
  begin();
  EXPECT_EQ(routed(), 2u) << "a new one that has not been heard replaces nobody";
  EXPECT_EQ(running(one).size(), 2u);
  EXPECT_EQ(route(), "/one") << "also under the next controller";
  fakes.tell_all("RUNNING");
  loop.poll();
  EXPECT_EQ(route(), "/two") << "one new replica runs";
  EXPECT_EQ(method(), "two");
  settle();
  EXPECT_EQ(route(), "/two");
}

TEST_F(ControllerRolloutTest, AFailedUpdatePublishesTheOldVersion) {
  run(1, one);
  ASSERT_TRUE(deploy(1, two));
  fail_starts(two);
  EXPECT_EQ(route(), "/one");
  EXPECT_TRUE(snapshot().applications.at(0)->ready);
}

TEST_F(ControllerRolloutTest, RollsBackByItselfWhenAskedTo) {
  run(2, one);
  config.rollback_on_failure = true;
  ASSERT_TRUE(deploy(2, two));
  fail_starts(two);
  EXPECT_EQ(status().status, "HEALTHY");
  EXPECT_EQ(running(one).size(), 2u);
  EXPECT_EQ(application_status().status, "RUNNING");
  EXPECT_NE(application_status().message.find("rolled back automatically"), std::string::npos);
  EXPECT_NE(application_status().message.find("D: no model"), std::string::npos) << application_status().message;
  const auto history = controller->history();
  ASSERT_TRUE(history);
  ASSERT_EQ(history->size(), 3u);
  EXPECT_EQ(history->at(0).cause, "automatic rollback of app");
  EXPECT_NE(history->at(0).note.find("no model"), std::string::npos);
  EXPECT_EQ(controller->config().applications.at(0).args, one);
  begin();
  EXPECT_NE(application_status().message.find("rolled back automatically"), std::string::npos);
  pass(seconds(100));
  EXPECT_EQ(controller->history()->size(), 3u) << "once";
}

TEST_F(ControllerRolloutTest, AVersionThatHasServedIsNeverGivenUpAfterARollback) {
  run(1, one);
  config.rollback_on_failure = true;
  ASSERT_TRUE(deploy(1, two));
  fail_starts(two);
  kill(first());
  fail_starts(one, "D: the disk is full");
  EXPECT_NE(status().status, "DEPLOY_FAILED");
  pass(seconds(60));
  EXPECT_EQ(running(one).size(), 1u) << "tried again";
  settle();
  EXPECT_EQ(status().status, "HEALTHY");
}

static Task<void> deploy_beside(Controller& controller, std::string name, Result<void>* result) {
  *result = co_await controller.deploy_application(
      {.name = name, .route_prefix = "/" + name, .import_path = "builtin:test"}, false);
}

TEST_F(ControllerRolloutTest, WhatHasFailedIsTriedAgainByADeployThatNamesIt) {
  ASSERT_TRUE(deploy(1, one));
  fail_starts(one);
  ASSERT_EQ(status().status, "DEPLOY_FAILED");
  Result<void> deployed = fail(ErrorCode::Internal, "not yet");
  TaskScope scope(loop);
  scope.spawn(deploy_beside(*controller, "other", &deployed));
  settle();
  ASSERT_TRUE(deployed);
  EXPECT_EQ(controller->status().applications.at("other").status, "RUNNING");
  EXPECT_EQ(status().status, "DEPLOY_FAILED");
  ASSERT_TRUE(controller->delete_application("other"));
  settle();
  EXPECT_EQ(status().status, "DEPLOY_FAILED");
  ASSERT_TRUE(deploy(1, one));
  settle();
  EXPECT_EQ(status().status, "HEALTHY");
}

TEST_F(ControllerRolloutTest, GoesBackToAnyRevisionOfTheHistory) {
  run(1, one);
  run(1, two);
  run(2, two);
  ASSERT_EQ(controller->history()->size(), 3u);
  ASSERT_TRUE(controller->rollback(1, "me"));
  settle();
  EXPECT_EQ(running(one).size(), 1u);
  EXPECT_TRUE(running(two).empty());
  EXPECT_EQ(controller->history()->at(0).cause, "rollback to 1");
  EXPECT_EQ(controller->history()->at(0).by, "me");
  ASSERT_TRUE(controller->rollback(std::nullopt)) << "the one before";
  settle();
  EXPECT_EQ(running(two).size(), 2u);
  EXPECT_EQ(controller->rollback(99).error().code, ErrorCode::NotFound);
}

TEST_F(ControllerRolloutTest, ADeletedApplicationComesBackByItsRevision) {
  run(1, one);
  ASSERT_TRUE(controller->delete_application("app", "me"));
  loop.poll();
  ASSERT_TRUE(backend.running().empty());
  ASSERT_TRUE(controller->rollback(std::nullopt));
  settle();
  EXPECT_EQ(status().status, "HEALTHY");
}

TEST_F(ControllerRolloutTest, ARefusalTakesTheNewSettingsBackFromThoseThatTookThem) {
  config.user_config = "1";
  run(3, one);
  config.user_config = "2";
  const std::string refuses = first();
  fakes.refusing = refuses;
  ASSERT_TRUE(deploy(3, one));
  for (int i = 0; i < 5; ++i) loop.poll();
  EXPECT_EQ(status().status, "DEPLOY_FAILED");
  EXPECT_NE(status().message.find(refuses + ": reconfigure() failed: no"), std::string::npos) << status().message;
  ASSERT_EQ(fakes.settings_of.size(), 3u);
  for (const auto& [id, settings] : fakes.settings_of)
    EXPECT_NE(settings.find(id == refuses ? R"("user_config":"2")" : R"("user_config":"1")"), std::string::npos)
        << id << settings;
  EXPECT_EQ(backend.running().size(), 3u) << "nobody restarts";
  begin();
  for (int i = 0; i < 5; ++i) loop.poll();
  EXPECT_EQ(status().status, "DEPLOY_FAILED");
  for (const auto& [id, settings] : fakes.settings_of)
    EXPECT_NE(settings.find(R"("user_config":"1")"), std::string::npos) << "the next controller tells no others";
}

TEST_F(ControllerRolloutTest, ARefusalOfSettingsRollsBackTooWhenAskedTo) {
  config.user_config = "1";
  config.rollback_on_failure = true;
  run(2, one);
  config.user_config = "2";
  fakes.refusing = first();
  ASSERT_TRUE(deploy(2, one));
  for (int i = 0; i < 5; ++i) loop.poll();
  EXPECT_EQ(status().status, "HEALTHY");
  EXPECT_NE(application_status().message.find("reconfigure() failed: no"), std::string::npos);
  EXPECT_EQ(controller->history()->front().cause, "automatic rollback of app");
  EXPECT_EQ(backend.running().size(), 2u);
}

TEST_F(ControllerRolloutTest, TheStatusSaysHowManyHaveTheirNewSettings) {
  run(3, one);
  config.user_config = "2";
  fakes.busy = first();
  ASSERT_TRUE(deploy(3, one));
  loop.poll();
  EXPECT_EQ(status().message, "new settings: 2 of 3 replicas have them");
  fakes.busy.clear();
  pass(seconds(1));
  loop.poll();
  EXPECT_EQ(status().status, "HEALTHY");
}

TEST_F(ControllerRolloutTest, ALightChangeTouchesNoReplica) {
  run(2, one);
  const auto before = backend.running();
  config.max_queued_requests = 7;
  config.rolling_update_percentage = 0.5;
  config.max_surge_percent = 10;
  config.admission.max_queued_bytes = 5;
  config.health_check_period_s = 3;
  ASSERT_TRUE(deploy(2, one));
  loop.poll();
  EXPECT_TRUE(fakes.settings.empty());
  EXPECT_EQ(status().status, "HEALTHY");
  EXPECT_EQ(snapshot().deployments.at(0)->max_queued_requests, 7);
  EXPECT_EQ(snapshot().deployments.at(0)->admission.max_queued_bytes, 5);
  EXPECT_EQ(backend.running().size(), 2u);
  for (const auto& [id, process] : before) EXPECT_TRUE(backend.running().contains(id));
}

TEST_F(ControllerRolloutTest, LimitsOfAnotherVersionComeWithIt) {
  config.max_queued_requests = 1;
  run(1, one);
  config.max_queued_requests = 2;
  ASSERT_TRUE(deploy(1, two));
  EXPECT_EQ(snapshot().deployments.at(0)->max_queued_requests, 1);
  settle();
  EXPECT_EQ(snapshot().deployments.at(0)->max_queued_requests, 2);
}

Task<void> plan_into(Controller& controller, spec::InstanceConfig config, std::optional<Result<DeployPlan>>& result) {
  result = co_await controller.plan(std::move(config));
}

TEST_F(ControllerRolloutTest, APlanTellsAndChangesNothing) {
  run(2, one);
  config.num_replicas = 3;
  std::optional<Result<DeployPlan>> planned;
  TaskScope scope(loop);
  scope.spawn(plan_into(*controller, config_of(two), planned));
  loop.poll();
  ASSERT_TRUE(planned && *planned);
  EXPECT_EQ((*planned)->summary, "1 restart");
  EXPECT_EQ((*planned)->applications.at(0).deployments.at(0).waves, (std::vector<int>{2, 1}));
  EXPECT_EQ(controller->history()->size(), 1u);
  EXPECT_EQ(running(one).size(), 2u);
  EXPECT_EQ(backend.running().size(), 2u);
}

TEST_F(ControllerRolloutTest, APlanThatNobodyWaitsForAnyMoreBlocksNoDeploy) {
  run(1, one);
  describing = seconds(5);
  std::optional<Result<DeployPlan>> planned;
  {
    TaskScope scope(loop);
    scope.spawn(plan_into(*controller, config_of(two), planned));
    loop.poll();
  }
  describing = seconds(0);
  EXPECT_TRUE(deploy(1, two));
  EXPECT_FALSE(planned);
}

// Two deployments; the second version has another ingress.
class ControllerRemovalTest : public ControllerTest {
 protected:
  ControllerRemovalTest() {
    build = [this](const std::string& args) {
      const std::string ingress = args == "\"one\"" ? "Old" : "New";
      spec::ApplicationGraph graph{.name = "app", .ingress = ingress};
      graph.nodes.push_back({.name = "D", .fingerprint = "same", .config = config});
      graph.nodes.push_back({.name = ingress, .fingerprint = args, .children = {"D"}, .config = config});
      return graph;
    };
    EXPECT_TRUE(deploy(1, "\"one\""));
    settle();
  }
  std::string ingress() const { return snapshot().applications.at(0)->ingress; }
  std::size_t of(const std::string& deployment) const {
    return static_cast<std::size_t>(std::ranges::count_if(backend.running(), [&](const auto& entry) {
      return entry.first.find("#" + deployment + "#") != std::string::npos;
    }));
  }
};

TEST_F(ControllerRemovalTest, WhatIsRemovedServesUntilItsSuccessorRuns) {
  ASSERT_EQ(ingress(), "Old");
  ASSERT_TRUE(deploy(1, "\"two\""));
  EXPECT_EQ(ingress(), "Old");
  EXPECT_EQ(of("Old"), 1u);
  EXPECT_EQ(of("D"), 1u) << "its definition is the same";
  begin();
  EXPECT_EQ(ingress(), "Old") << "also under the next controller";
  for (const auto& [id, process] : backend.running())
    if (id.find("#Old#") != std::string::npos) {
      kill(id);
      break;
    }
  EXPECT_EQ(of("Old"), 1u) << "kept alive";
  settle();
  EXPECT_EQ(ingress(), "New");
  EXPECT_EQ(of("Old"), 0u);
  EXPECT_FALSE(application_status().deployments.contains("Old"));
  EXPECT_EQ(application_status().status, "RUNNING");
  begin();
  settle();
  EXPECT_FALSE(application_status().deployments.contains("Old")) << "it does not come back";
}

TEST_F(ControllerRemovalTest, WhatIsRemovedMakesRoom) {
  config.ray_actor_options.num_cpus = 7;
  ASSERT_TRUE(deploy(1, "\"two\""));
  settle();
  EXPECT_EQ(of("Old"), 0u);
  EXPECT_EQ(of("New"), 0u) << "D has its room now, which leaves none for this one: " << status("New").message;
  EXPECT_EQ(of("D"), 1u);
}

// At every step of a deploy the controller dies; the next one must bring it to the same end.
TEST_F(ControllerRolloutTest, ADeathOfTheControllerAtAnyStepLosesNothing) {
  for (int death = 0; death < 14; ++death) {
    run(2, death % 2 == 0 ? one : two);
    const std::string before = death % 2 == 0 ? one : two, after = death % 2 == 0 ? two : one;
    ASSERT_TRUE(deploy(2, after)) << death;
    for (int step = 0; step < 20; ++step) {
      if (step == death) begin();
      std::vector<std::string> ids = running(before);
      for (const std::string& id : running(after)) ids.push_back(id);
      for (const std::string& id : ids) {
        fakes.tell(id, {.state = "RUNNING"});
        loop.poll();
        ASSERT_GE(routed(), snapshot().adopted ? 2u : 0u) << "death at " << death << ", step " << step;
        if (step == death) begin();
        ASSERT_GE(backend.running().size(), 2u) << "death at " << death << ", step " << step;
      }
    }
    EXPECT_EQ(running(after).size(), 2u) << death;
    EXPECT_TRUE(running(before).empty()) << death;
    EXPECT_EQ(status().status, "HEALTHY") << death;
  }
}

}  // namespace
}  // namespace manta::control
