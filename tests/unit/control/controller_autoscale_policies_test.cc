#include <gtest/gtest.h>

#include "unit/control/controller_fixture.h"

namespace manta::control {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class ControllerAutoscalePoliciesTest : public ControllerTest {
 protected:
  ControllerAutoscalePoliciesTest() {
    config.autoscaling_config = {.min_replicas = 1,
                                 .max_replicas = 6,
                                 .look_back_period_s = 1,
                                 .upscale_delay_s = 0,
                                 .downscale_delay_s = 0,
                                 .policy = "custom:mine"};
    build = [this](const std::string& args) {
      spec::ApplicationGraph graph{.name = "app",
                                   .ingress = "D",
                                   .autoscaling_policies = {"mine"},
                                   .application_autoscaling_policies = {"balance"}};
      for (const std::string& name : names) {
        graph.nodes.push_back({.name = name, .class_name = name, .fingerprint = args, .config = config});
        graph.nodes.back().config.name = name;
      }
      return graph;
    };
    policy_hosts.answer = [this](const spec::PolicyQuestion& question) {
      spec::PolicyAnswer answer{.error = error, .execution_ms = 2};
      if (!error.empty()) return answer;
      for (const auto& [name, context] : question.contexts)
        if (wanted.contains(name))
          answer.decisions[name] = {.num_replicas = wanted[name],
                                    .state = {R"({"last":)" + std::to_string(context.target_num_replicas) + "}"}};
      return answer;
    };
  }
  Result<void> deploy_with(const std::optional<spec::AutoscalingPolicyConfig>& policy) {
    std::optional<Result<void>> result;
    TaskScope scope(loop);
    spec::InstanceConfig instance = config_of("{}");
    instance.applications[0].autoscaling_policy = policy;
    scope.spawn(deploy_into(*controller, std::move(instance), result));
    loop.poll();
    return *result;
  }
  void pass_in_steps(Duration time) {
    for (Duration passed{}; passed < time; passed += milliseconds(100)) pass(milliseconds(100));
    settle();
  }
  int target(const std::string& name = "D") const {
    return controller->applications().at("app").deployments.at(name).target.num_replicas;
  }
  AutoscalingDetail detail(const std::string& name = "D") const {
    return *controller->autoscaling_detail({"app", name});
  }

  std::vector<std::string> names{"D"};
  std::map<std::string, double> wanted{{"D", 1}};
  std::string error;
};

TEST_F(ControllerAutoscalePoliciesTest, FollowsThePolicyOfTheApplication) {
  run(1, R"({"x":1})");
  wanted["D"] = 2.5;
  pass_in_steps(seconds(2));
  EXPECT_EQ(target(), 3);
  EXPECT_EQ(backend.running().size(), 3u);
  EXPECT_EQ(policy_hosts.specs.size(), 1u);
  EXPECT_EQ(policy_hosts.specs[0].application, "app");
  EXPECT_EQ(policy_hosts.specs[0].args, R"({"x":1})");
  EXPECT_EQ(policy_hosts.questions.back().policy, "mine");
  EXPECT_EQ(detail().decisions.back().policy_num_replicas, 2.5);
  EXPECT_EQ(detail().policy->scope, "deployment");
  EXPECT_NE(controller->metrics_text().find("autoscaling_policy_execution_time_ms{application=\"app\",deployment=\"D\","
                                            "policy_scope=\"deployment\"} 2"),
            std::string::npos);
}

TEST_F(ControllerAutoscalePoliciesTest, IsToldWhatReplicasReport) {
  run(1);
  fakes.tell(first(), {.state = "RUNNING", .ongoing = 3, .autoscaling_stats = {{"depth", 7}}});
  loop.poll();
  pass_in_steps(seconds(1));
  const auto& context = policy_hosts.questions.back().contexts.at("D");
  EXPECT_EQ(context.latest_metrics.at("depth").at(first()), 7);
}

TEST_F(ControllerAutoscalePoliciesTest, APolicyThatThrowsLeavesTheNumberAndSaysSo) {
  run(1);
  wanted["D"] = 3;
  pass_in_steps(seconds(2));
  error = "no idea";
  wanted["D"] = 1;
  pass_in_steps(seconds(3));
  EXPECT_EQ(target(), 3);
  EXPECT_EQ(detail().current.verdict, "HELD");
  EXPECT_EQ(status().status, "HEALTHY");
  EXPECT_EQ(status().message, "The autoscaling policy 'custom:mine' threw: no idea. The number of replicas stays.");
  error.clear();
  pass_in_steps(seconds(65));
  EXPECT_EQ(target(), 1);
  EXPECT_EQ(status().message, "");
}

TEST_F(ControllerAutoscalePoliciesTest, APolicyThatHangsHoldsUpNothingElse) {
  run(1);
  policy_hosts.silent = true;
  pass_in_steps(seconds(12));
  EXPECT_EQ(target(), 1);
  EXPECT_EQ(detail().policy->last_error, "took longer than 10 s");
  config.autoscaling_config->min_replicas = 2;
  ASSERT_TRUE(deploy(1));
  settle();
  EXPECT_EQ(backend.running().size(), 2u) << "deploys go on, and bounds hold";
  policy_hosts.silent = false;
  wanted["D"] = 4;
  pass_in_steps(seconds(30));
  EXPECT_EQ(target(), 4);
}

TEST_F(ControllerAutoscalePoliciesTest, ALateAnswerIsTakenWhenItComes) {
  run(1);
  policy_hosts.takes = seconds(5);
  wanted["D"] = 2;
  pass_in_steps(seconds(4));
  EXPECT_EQ(target(), 1);
  pass_in_steps(seconds(4));
  EXPECT_EQ(target(), 2);
}

TEST_F(ControllerAutoscalePoliciesTest, APolicyHostThatDiesIsStartedAgain) {
  run(1);
  policy_hosts.crash();
  wanted["D"] = 2;
  pass_in_steps(seconds(2));
  EXPECT_EQ(policy_hosts.specs.size(), 2u);
  EXPECT_EQ(target(), 2);
  policy_hosts.crashes_on = "*";
  pass_in_steps(seconds(20));
  EXPECT_EQ(target(), 2);
  EXPECT_LT(policy_hosts.specs.size(), 12u) << "less and less often";
  EXPECT_EQ(status().status, "HEALTHY");
}

TEST_F(ControllerAutoscalePoliciesTest, WakesUpWhileThePolicyIsIll) {
  config.autoscaling_config->min_replicas = 0;
  wanted["D"] = 0;
  error = "no idea";
  ASSERT_TRUE(deploy(1));
  settle();
  EXPECT_TRUE(backend.running().empty());
  ASSERT_TRUE(controller->take_load(7, {.deployments = {{"app", "D", 1}}}));
  pass(milliseconds(25));
  EXPECT_EQ(backend.running().size(), 1u);
}

TEST_F(ControllerAutoscalePoliciesTest, TheNextControllerGoesOnWithItsState) {
  run(1);
  wanted["D"] = 3;
  pass_in_steps(seconds(3));
  EXPECT_EQ(detail().policy->state.text, R"({"last":3})");
  begin();
  settle();
  policy_hosts.questions.clear();
  pass(milliseconds(200));
  ASSERT_FALSE(policy_hosts.questions.empty());
  EXPECT_EQ(policy_hosts.questions[0].contexts.at("D").policy_state.text, R"({"last":3})");
  EXPECT_TRUE(policy_hosts.questions[0].contexts.at("D").last_scale_up_time.has_value());
  EXPECT_EQ(policy_hosts.living, 1) << "that of the earlier one has ended with it";
}

TEST_F(ControllerAutoscalePoliciesTest, ADeletedDeploymentLeavesNoStateBehind) {
  run(1);
  pass_in_steps(seconds(3));
  EXPECT_EQ(store->policy_memories()->size(), 1u);
  ASSERT_TRUE(controller->delete_all());
  settle();
  EXPECT_EQ(store->policy_memories()->size(), 0u);
  EXPECT_EQ(policy_hosts.living, 0);
}

TEST_F(ControllerAutoscalePoliciesTest, APolicyOfTheApplicationDecidesForAll) {
  names = {"D", "E"};
  wanted = {{"D", 2}, {"E", 4}};
  ASSERT_TRUE(deploy_with(spec::AutoscalingPolicyConfig{.policy_function = "custom:balance"}));
  settle();
  pass_in_steps(seconds(2));
  EXPECT_EQ(target("D"), 2);
  EXPECT_EQ(target("E"), 4);
  const spec::PolicyQuestion& question = policy_hosts.questions.back();
  EXPECT_EQ(question.policy, "balance");
  EXPECT_TRUE(question.of_application);
  EXPECT_EQ(question.contexts.size(), 2u);
  EXPECT_EQ(detail("E").policy->scope, "application");
  wanted.erase("E");
  wanted["D"] = 1;
  pass_in_steps(seconds(2));
  EXPECT_EQ(target("D"), 1);
  EXPECT_EQ(target("E"), 4) << "left out";
  EXPECT_EQ(detail("E").current.verdict, "HELD");
}

TEST_F(ControllerAutoscalePoliciesTest, AnUnknownPolicyOfAnApplicationIsRefusedWithTheNearest) {
  const auto refused = deploy_with(spec::AutoscalingPolicyConfig{.policy_function = "custom:balanse"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().detail, "$.applications[0].autoscaling_policy.policy_function");
  EXPECT_NE(refused.error().message.find("did you mean 'balance'?"), std::string::npos) << refused.error().message;
}

TEST_F(ControllerAutoscalePoliciesTest, AnswersAreRoundedToWholeGangs) {
  config.gang_scheduling_config = GangSchedulingConfig{.gang_size = 2};
  config.autoscaling_config->min_replicas = 2;
  config.num_replicas = 2;
  wanted["D"] = 3;
  ASSERT_TRUE(deploy(2));
  settle();
  pass_in_steps(seconds(2));
  EXPECT_EQ(target(), 4);
}

}  // namespace
}  // namespace manta::control
