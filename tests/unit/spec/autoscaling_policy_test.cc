#include "spec/autoscaling_policy.h"

#include <gmock/gmock.h>

#include "spec/validate.h"

namespace manta::spec {
namespace {

using testing::HasSubstr;

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
