#include "spec/autoscaling_policy.h"

#include <gmock/gmock.h>

#include "spec/config_json.h"
#include "spec/parse_config.h"
#include "spec/validate.h"

namespace manta::spec {
namespace {

using ::testing::HasSubstr;

std::string first_field(const std::vector<Fault>& faults) { return faults.empty() ? "" : faults[0].field; }

TEST(AutoscalingPolicyTest, KnowsItsNamesAndThoseOfRayServe) {
  for (const char* name : {"default", "ray.serve.autoscaling_policy:default_autoscaling_policy",
                           "ray.serve.autoscaling_policy:replica_queue_length_autoscaling_policy"})
    EXPECT_EQ(autoscaling_policy_named(name).value_or(""), "default") << name;
}

TEST(AutoscalingPolicyTest, SaysWhyAPythonFunctionIsNone) {
  const auto policy = autoscaling_policy_named("mine:decide");
  ASSERT_FALSE(policy);
  EXPECT_THAT(policy.error().message, HasSubstr("'mine:decide'"));
  EXPECT_THAT(policy.error().message, HasSubstr("Python"));
  EXPECT_EQ(first_field(faults(AutoscalingConfig{.policy = "mine:decide"})), "policy");
}

TEST(AutoscalingPolicyTest, NamesTheNearestOfItsOwn) {
  EXPECT_THAT(autoscaling_policy_named("target_metrics").error().message, HasSubstr("did you mean 'target_metric'?"));
  EXPECT_EQ(autoscaling_policy_named("custom:mine").value_or(""), kCustomAutoscalingPolicy);
  EXPECT_FALSE(autoscaling_policy_named("custom:"));
}

TEST(AutoscalingPolicyTest, ATargetOnAMetricNeedsBoth) {
  const auto with = [](const char* kwargs) {
    return first_field(faults(AutoscalingConfig{.policy = "target_metric", .policy_kwargs = {kwargs}}));
  };
  EXPECT_EQ(with(R"({"metric": "depth", "target": 5})"), "");
  EXPECT_EQ(with(R"({"target": 5})"), "policy_kwargs");
  EXPECT_EQ(with(R"({"metric": "depth"})"), "policy_kwargs");
  EXPECT_EQ(with(R"({"metric": "depth", "target": 5, "other": 1})"), "policy_kwargs");
}

TEST(AutoscalingPolicyTest, APolicyThatTheApplicationDoesNotHaveIsNamedWithTheNearest) {
  ApplicationGraph graph{.name = "a", .ingress = "D", .autoscaling_policies = {"follow_queue"}};
  graph.nodes.push_back(
      {.name = "D", .config = {.autoscaling_config = AutoscalingConfig{.policy = "custom:folow_queue"}}});
  const auto found = faults(graph);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].field, "nodes[0].config.autoscaling_config.policy");
  EXPECT_THAT(found[0].message, HasSubstr("did you mean 'follow_queue'?"));
  graph.nodes[0].config.autoscaling_config->policy = "custom:follow_queue";
  EXPECT_TRUE(faults(graph).empty());
}

TEST(AutoscalingPolicyTest, ThePolicyOfAnApplicationIsItsOwn) {
  ApplicationConfig config{.name = "a", .import_path = "builtin:llm"};
  config.autoscaling_policy = AutoscalingPolicyConfig{.policy_function = "custom:balance"};
  EXPECT_EQ(first_field(faults(config)), "");
  config.autoscaling_policy->policy_function = "default";
  EXPECT_EQ(first_field(faults(config)), "autoscaling_policy.policy_function");
  config.autoscaling_policy = AutoscalingPolicyConfig{.policy_function = "custom:balance", .policy_kwargs = {"[]"}};
  EXPECT_EQ(first_field(faults(config)), "autoscaling_policy.policy_kwargs");
}

TEST(AutoscalingPolicyTest, IsReadFromAFileAndWrittenToOne) {
  std::vector<std::string> warnings;
  const auto config = parse_config(
      "applications:\n- import_path: builtin:llm\n  autoscaling_policy: {policy_function: custom:balance, "
      "policy_kwargs: {total: 4}}\n",
      "app.yaml", [](const std::string&) { return std::nullopt; }, &warnings);
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_THAT(warnings, ::testing::IsEmpty());
  const auto& policy = config->applications[0].autoscaling_policy;
  ASSERT_TRUE(policy);
  EXPECT_EQ(policy->policy_function, "custom:balance");
  EXPECT_EQ(policy->policy_kwargs.text, R"({"total":4})");
  EXPECT_THAT(config_json(config->applications[0]), HasSubstr(R"("policy_function":"custom:balance")"));
}

TEST(AutoscalingPolicyTest, BoundsOfGangsAreWholeGangs) {
  DeploymentConfig config{.name = "D", .num_replicas = 2, .autoscaling_config = AutoscalingConfig{.max_replicas = 8}};
  config.gang_scheduling_config = GangSchedulingConfig{.gang_size = 2};
  EXPECT_EQ(first_field(faults(config)), "") << "the default of 1 is rounded";
  config.autoscaling_config->max_replicas = 7;
  EXPECT_EQ(first_field(faults(config)), "autoscaling_config.max_replicas");
  config.autoscaling_config = AutoscalingConfig{.min_replicas = 3, .max_replicas = 8};
  EXPECT_EQ(first_field(faults(config)), "autoscaling_config.min_replicas");
}

TEST(AutoscalingPolicyTest, AHysteresisIsPartOfAReplica) {
  EXPECT_EQ(first_field(faults(AutoscalingConfig{.hysteresis = 0.3})), "");
  EXPECT_EQ(first_field(faults(AutoscalingConfig{.hysteresis = 1})), "hysteresis");
  EXPECT_EQ(first_field(faults(AutoscalingConfig{.hysteresis = -0.1})), "hysteresis");
}

TEST(AutoscalingPolicyTest, NumbersOfReplicasHaveOneMaster) {
  ApplicationConfig config{.name = "a", .import_path = "builtin:llm"};
  config.deployments.push_back({.name = "D", .fields = {{"autoscaling_config", "{}"}}});
  EXPECT_EQ(first_field(faults(config)), "");
  config.external_scaler_enabled = true;
  EXPECT_EQ(first_field(faults(config)), "deployments[0].autoscaling_config");
}

}  // namespace
}  // namespace manta::spec
