#include "control/together.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "control/deployment_target.h"

namespace manta::control {
namespace {

// Front calls Middle and Back, Middle calls Back, Back calls Store.
spec::ApplicationGraph chain() {
  const auto node = [](std::string name, std::vector<std::string> children) {
    spec::NodeSpec made{.name = std::move(name), .children = std::move(children)};
    made.config.ray_actor_options.num_cpus = 0.5;
    return made;
  };
  return {.name = "chain",
          .ingress = "Front",
          .nodes = {node("Store", {}), node("Back", {"Store"}), node("Middle", {"Back"}),
                    node("Front", {"Middle", "Back"})}};
}

spec::ApplicationConfig placed(std::vector<std::string> names = {}) {
  return {.name = "chain", .placement = "together", .together = std::move(names)};
}

ApplicationRecord record(spec::ApplicationConfig config) {
  return {.name = "chain", .config = std::move(config), .graph = chain()};
}

DeploymentConfig& config_of(spec::ApplicationGraph& graph, std::string_view name) {
  return std::ranges::find(graph.nodes, name, &spec::NodeSpec::name)->config;
}

TEST(TogetherTest, AllDeploymentsOrThoseNamedShareProcesses) {
  EXPECT_EQ(together(placed(), chain()), (std::vector<std::string>{"Store", "Back", "Middle", "Front"}));
  EXPECT_EQ(together(placed({"Middle", "Back"}), chain()), (std::vector<std::string>{"Back", "Middle"}));
  EXPECT_TRUE(together({.name = "chain"}, chain()).empty());
}

TEST(TogetherTest, TheLastCallerIsTheHost) {
  const auto some = record(placed({"Back", "Middle"}));
  EXPECT_EQ(host_of(some, "Back"), "Middle");
  EXPECT_EQ(host_of(some, "Middle"), "Middle");
  EXPECT_EQ(host_of(some, "Front"), "Front");
  EXPECT_EQ(members_of(some, "Middle").size(), 1u);
  EXPECT_TRUE(members_of(some, "Back").empty());
}

TEST(TogetherTest, AProcessNeedsWhatItsMembersNeed) {
  const auto all = record(placed());
  const DeploymentTarget host = target_of(all, all.graph.nodes[3]), member = target_of(all, all.graph.nodes[0]);
  EXPECT_EQ(host.host, "");
  EXPECT_DOUBLE_EQ(host.resources.num_cpus, 2);
  EXPECT_DOUBLE_EQ(host.graceful_shutdown_timeout_s, 80) << "one ends after the other";
  EXPECT_EQ(member.host, "Front");
  EXPECT_TRUE(host.callers.empty());
}

TEST(TogetherTest, CallersOfAProcessAreThoseOfItsMembers) {
  const auto some = record(placed({"Store", "Back"}));
  EXPECT_EQ(target_of(some, some.graph.nodes[1]).callers, (std::vector<std::string>{"Front", "Middle"}));
}

TEST(TogetherTest, AChangeOfOneMemberChangesTheVersionOfAll) {
  auto before = record(placed()), after = record(placed());
  after.graph.nodes[0].fingerprint = "another";
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(version_of(before, before.graph.nodes[i]), version_of(before, before.graph.nodes[0]));
    EXPECT_NE(version_of(before, before.graph.nodes[i]), version_of(after, after.graph.nodes[i]));
  }
  before.config.placement = after.config.placement = "separate";
  EXPECT_EQ(version_of(before, before.graph.nodes[3]), version_of(after, after.graph.nodes[3]));
}

struct Refused {
  const char* why;
  void (*change)(spec::ApplicationGraph&);
};

class TogetherRefusalTest : public ::testing::TestWithParam<Refused> {};

TEST_P(TogetherRefusalTest, SaysWhatAndWhere) {
  auto graph = chain();
  EXPECT_TRUE(check_together(placed(), graph));
  GetParam().change(graph);
  const auto checked = check_together(placed(), graph);
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().code, ErrorCode::InvalidArgument);
  EXPECT_EQ(checked.error().detail, "placement");
  EXPECT_NE(checked.error().message.find(GetParam().why), std::string::npos) << checked.error().message;
  EXPECT_NE(checked.error().message.find("'Back'"), std::string::npos) << checked.error().message;
  EXPECT_TRUE(check_together(placed({"Front", "Middle"}), graph)) << "the rest may be";
  EXPECT_TRUE(check_together({.name = "chain"}, graph)) << "by itself it may be so";
}

INSTANTIATE_TEST_SUITE_P(
    Table, TogetherRefusalTest,
    ::testing::Values(
        Refused{"num_replicas", [](auto& graph) { config_of(graph, "Back").num_replicas = 2; }},
        Refused{"give it num_replicas", [](auto& graph) { config_of(graph, "Back").autoscaling_config.emplace(); }},
        Refused{"gang_scheduling_config",
                [](auto& graph) { config_of(graph, "Back").gang_scheduling_config.emplace(); }},
        Refused{"placement_group_bundles",
                [](auto& graph) { config_of(graph, "Back").placement_group_bundles = {{{"CPU", 1}}}; }},
        Refused{"response_cache", [](auto& graph) { config_of(graph, "Back").response_cache.emplace(); }},
        Refused{"node_affinity",
                [](auto& graph) { config_of(graph, "Back").node_affinity = NodeAffinity{.node_id = "a"}; }},
        Refused{"label_selector",
                [](auto& graph) { config_of(graph, "Back").ray_actor_options.label_selector = {{"zone", "a"}}; }},
        Refused{"num_gpus",
                [](auto& graph) {
                  config_of(graph, "Back").ray_actor_options.num_gpus = 1;
                  config_of(graph, "Store").ray_actor_options.num_gpus = 0.5;
                }},
        Refused{"env_vars.MODE", [](auto& graph) {
                  config_of(graph, "Back").env_vars["MODE"] = "a";
                  config_of(graph, "Store").env_vars["MODE"] = "b";
                }}));

TEST(TogetherTest, NamesAreChecked) {
  const auto unknown = check_together(placed({"Front", "Bock"}), chain());
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().detail, "together[1]");
  EXPECT_NE(unknown.error().message.find("did you mean 'Back'?"), std::string::npos) << unknown.error().message;
}

// It would have to start before the process and after it.
TEST(TogetherTest, WhatStandsBetweenThemIsToBeAdded) {
  const auto checked = check_together(placed({"Front", "Back"}), chain());
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().detail, "together");
  EXPECT_NE(checked.error().message.find("'Middle'"), std::string::npos) << checked.error().message;
  EXPECT_TRUE(check_together(placed({"Front", "Middle", "Back"}), chain())) << "Store is only called";
}

}  // namespace
}  // namespace manta::control
