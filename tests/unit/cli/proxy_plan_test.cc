#include "cli/cluster/proxy_plan.h"

#include <gtest/gtest.h>

namespace manta::cli {
namespace {

using Names = std::vector<std::string>;

const std::vector<runtime::NodeInfo> kNodes = {{.node_id = "a", .is_head = true}, {.node_id = "b"}, {.node_id = "c"}};

// All nodes have replicas.
ProxyPlan plan_where_all_are_used(const std::string& location, const std::vector<runtime::NodeInfo>& nodes,
                                  const std::vector<runtime::RoleInfo>& roles) {
  return plan_proxies(location, nodes, roles, {"a", "b", "c"});
}

runtime::RoleInfo role(const std::string& name, const std::string& state = "running") {
  return {.name = name, .node_id = name.substr(name.find('-') + 1), .state = state};
}

TEST(ProxyPlanTest, EveryNodeGetsTheOneThatItLacks) {
  const ProxyPlan plan = plan_where_all_are_used("EveryNode", kNodes, {role("proxy-b")});
  EXPECT_EQ(plan.start, (Names{"a", "c"}));
  EXPECT_EQ(plan.stop, Names{});
}

TEST(ProxyPlanTest, OneThatIsBeingRestartedIsLeftToItsSupervisor) {
  EXPECT_EQ(
      plan_where_all_are_used("EveryNode", kNodes, {role("proxy-a", "restarting"), role("proxy-b", "pending")}).start,
      Names{"c"});
}

TEST(ProxyPlanTest, TheHeadAloneHasOneWhenOnlyItIsToHave) {
  const ProxyPlan plan = plan_where_all_are_used("HeadOnly", kNodes, {role("proxy-b"), role("proxy-c")});
  EXPECT_EQ(plan.start, Names{"a"});
  EXPECT_EQ(plan.stop, (Names{"proxy-b", "proxy-c"}));
}

TEST(ProxyPlanTest, NobodyHasOneWhenTheyAreDisabled) {
  const ProxyPlan plan = plan_where_all_are_used("Disabled", kNodes, {role("proxy-a")});
  EXPECT_EQ(plan.start, Names{});
  EXPECT_EQ(plan.stop, Names{"proxy-a"});
}

TEST(ProxyPlanTest, OneOfANodeThatIsGoneIsStopped) {
  EXPECT_EQ(plan_where_all_are_used("EveryNode", {kNodes[0]}, {role("proxy-a"), role("proxy-x")}).stop,
            Names{"proxy-x"});
}

TEST(ProxyPlanTest, OnANodeThatLeavesNoneIsStartedAndTheOneThereIsDrained) {
  std::vector<runtime::NodeInfo> nodes = kNodes;
  nodes[1].is_leaving = nodes[2].is_leaving = true;
  const ProxyPlan plan = plan_where_all_are_used("EveryNode", nodes, {role("proxy-a"), role("proxy-b")});
  EXPECT_EQ(plan.start, Names{});
  EXPECT_EQ(plan.drain, Names{"b"});
  EXPECT_EQ(plan.stop, Names{});
  EXPECT_EQ(plan_where_all_are_used("HeadOnly", nodes, {role("proxy-a"), role("proxy-b")}).stop, Names{"proxy-b"})
      << "where none is to be it need not say that it goes";
}

TEST(ProxyPlanTest, ANodeWithoutReplicasGetsNoneAndTheOneThereIsDrained) {
  const ProxyPlan plan = plan_proxies("EveryNode", kNodes, {role("proxy-b")}, {"c"});
  EXPECT_EQ(plan.start, (Names{"a", "c"})) << "the head has one in any case";
  EXPECT_EQ(plan.drain, Names{"b"});
  EXPECT_EQ(plan.stop, Names{});
  EXPECT_EQ(plan_proxies("EveryNode", kNodes, {role("proxy-b")}, {"b"}).drain, Names{}) << "there are some again";
  EXPECT_EQ(plan_proxies("HeadOnly", kNodes, {}, {}).start, Names{"a"});
}

TEST(ProxyPlanTest, OtherRolesAreLeftAlone) {
  EXPECT_EQ(plan_where_all_are_used("Disabled", {}, {role("collector-a")}).stop, Names{});
  EXPECT_EQ(plan_where_all_are_used("HeadOnly", kNodes, {role("collector-a")}).start, Names{"a"});
}

}  // namespace
}  // namespace manta::cli
