#include "api/autoscaling_policies.h"

#include <gmock/gmock.h>

#include <cmath>
#include <stdexcept>

namespace manta::api {
namespace {

using ::testing::HasSubstr;

// Wants `step` more each time, by what it remembers; in the process, and in its state.
AutoscalingFunction counting(const Args& kwargs) {
  return [step = kwargs.get("step", 1), calls = 0](const AutoscalingContext& context) mutable {
    const int before = context.state().get("n", 0);
    return AutoscalingDecision{.num_replicas = static_cast<double>(before + step + 100 * calls++),
                               .state = state_of(std::map<std::string, int>{{"n", before + step}})};
  };
}

class AutoscalingPoliciesTest : public ::testing::Test {
 protected:
  AutoscalingPoliciesTest() {
    const auto fixed = [this](const Args&) { return [this](const AutoscalingContext&) { return next; }; };
    const auto throws = [](const Args&) -> AutoscalingFunction {
      return [](const AutoscalingContext&) -> AutoscalingDecision { throw std::runtime_error("no idea"); };
    };
    const auto strange = [](const Args&) -> AutoscalingFunction {
      return [](const AutoscalingContext&) -> AutoscalingDecision { throw 7; };
    };
    graph.autoscaling_policies = {{"counting", counting},
                                  {"fixed", fixed},
                                  {"throws", throws},
                                  {"strange", strange},
                                  {"none", [](const Args&) { return AutoscalingFunction(); }}};
    graph.application_autoscaling_policies = {{"all", [this](const Args&) {
                                                 return [this](const auto& contexts) {
                                                   auto decisions = others;
                                                   for (const auto& [name, context] : contexts)
                                                     decisions[name].num_replicas = 4;
                                                   return decisions;
                                                 };
                                               }}};
  }
  spec::PolicyAnswer ask(const std::string& policy, const std::string& deployment = "D", const char* kwargs = "{}",
                         const char* state = "{}") {
    if (!policies) policies.emplace(graph);
    return policies->answer({.policy = policy,
                             .kwargs = {kwargs},
                             .of_application = policy == "all",
                             .contexts = {{deployment, {.policy_state = {state}}}}});
  }

  Graph graph;
  std::optional<AutoscalingPolicies> policies;
  AutoscalingDecision next;
  std::map<std::string, AutoscalingDecision> others;
};

TEST_F(AutoscalingPoliciesTest, GivesOptionsAndStateAndTakesTheDecision) {
  const auto answer = ask("counting", "D", R"({"step": 3})", R"({"n": 4})");
  EXPECT_EQ(answer.error, "");
  EXPECT_EQ(answer.decisions.at("D").num_replicas, 7);
  EXPECT_EQ(answer.decisions.at("D").state.text, R"({"n":7})");
}

TEST_F(AutoscalingPoliciesTest, MakesAPolicyOnceForEachDeploymentAndOptions) {
  EXPECT_EQ(ask("counting").decisions.at("D").num_replicas, 1);
  EXPECT_EQ(ask("counting").decisions.at("D").num_replicas, 101);
  EXPECT_EQ(ask("counting", "E").decisions.at("E").num_replicas, 1);
  EXPECT_EQ(ask("counting", "D", R"({"step": 2})").decisions.at("D").num_replicas, 2);
}

TEST_F(AutoscalingPoliciesTest, WhateverIsThrownIsAnError) {
  EXPECT_EQ(ask("throws").error, "no idea");
  EXPECT_EQ(ask("strange").error, "an exception that is no std::exception");
  EXPECT_THAT(ask("none").error, HasSubstr("returned no function"));
  EXPECT_THAT(ask("unknown").error, HasSubstr("no autoscaling policy 'unknown'"));
  EXPECT_THAT(ask("counting", "D", R"({"step": "x"})").error, HasSubstr("step"));
  EXPECT_TRUE(ask("throws").decisions.empty());
}

TEST_F(AutoscalingPoliciesTest, RefusesAnswersThatMeanNothing) {
  next.num_replicas = std::nan("");
  EXPECT_THAT(ask("fixed").error, HasSubstr("num_replicas for 'D' is not a number"));
  next = {.num_replicas = 1, .state = {"[1]"}};
  EXPECT_THAT(ask("fixed").error, HasSubstr("not a JSON object"));
  next.state.text = "{\"a\":\"" + std::string(spec::kMostPolicyState, 'x') + "\"}";
  EXPECT_THAT(ask("fixed").error, HasSubstr("65536 are kept"));
}

TEST_F(AutoscalingPoliciesTest, APolicyOfAnApplicationDecidesForItsDeploymentsOnly) {
  EXPECT_EQ(ask("all").decisions.at("D").num_replicas, 4);
  others["X"] = {.num_replicas = 1};
  EXPECT_THAT(ask("all").error, HasSubstr("it decides for 'X'"));
}

}  // namespace
}  // namespace manta::api
