#include <gtest/gtest.h>

#include "control/placement.h"
#include "control/reconcile.h"

namespace manta::control {
namespace {

const DeploymentKey kReplicas{"app", "D"};

NodeView in_zone(const std::string& id, const std::string& zone, double cpus = 2) {
  return {.node_id = id, .total = {.num_cpus = cpus}, .labels = {{"zone", zone}}};
}

// One CPU in zone a, else in zone b, else in c.
DeploymentConfig a_then_b_then_c() {
  DeploymentConfig config{.name = "D"};
  config.ray_actor_options.label_selector = {{"zone", "a"}};
  config.ray_actor_options.fallback_strategy = {{.label_selector = {{"zone", "b"}}},
                                                {.label_selector = {{"zone", "c"}}}};
  return config;
}

ReplicaNeed need_of_config(const DeploymentConfig& config) {
  return {.key = kReplicas, .resources = config.ray_actor_options, .rules = placement_rules(config)};
}

std::string all_nodes_in_order(FreeResources& free, const ReplicaNeed& need) {
  std::string nodes;
  while (auto placed = free.place(need)) nodes += placed->node_id;
  return nodes;
}

TEST(PlacementFallbackTest, IsUsedWhereItsOwnLabelsHaveNoRoomInTheOrderGiven) {
  const std::vector<NodeView> nodes{in_zone("c", "c"), in_zone("b", "b", 1), in_zone("a", "a", 1)};
  FreeResources free(nodes, {});
  EXPECT_EQ(all_nodes_in_order(free, need_of_config(a_then_b_then_c())), "abcc");
}

TEST(PlacementFallbackTest, AnEmptyOneIsAnyNode) {
  DeploymentConfig config = a_then_b_then_c();
  config.ray_actor_options.fallback_strategy = {{}};
  FreeResources free({in_zone("x", "x", 1), in_zone("a", "a", 1)}, {});
  EXPECT_EQ(all_nodes_in_order(free, need_of_config(config)), "ax");
}

TEST(PlacementFallbackTest, TheReasonNamesWhatEachLacks) {
  FreeResources free({in_zone("a", "a", 0), in_zone("z", "z")}, {});
  EXPECT_EQ(free.place(need_of_config(a_then_b_then_c())).error().message,
            "pending: needs 1 CPU; node a: CPU 0 free < 1; node z: label zone is z, needs a; "
            "fallback_strategy[0]: needs 1 CPU; node a: label zone is a, needs b, CPU 0 free < 1; "
            "node z: label zone is z, needs b; "
            "fallback_strategy[1]: needs 1 CPU; node a: label zone is a, needs c, CPU 0 free < 1; "
            "node z: label zone is z, needs c");
}

TEST(PlacementFallbackTest, IsNamedByTheNodeThatAReplicaIsOn) {
  const ReplicaNeed need = need_of_config(a_then_b_then_c());
  EXPECT_EQ(fallback_used(need, in_zone("n", "a")), "");
  EXPECT_EQ(fallback_used(need, in_zone("n", "b")), "fallback_strategy[0]");
  EXPECT_EQ(fallback_used(need, in_zone("n", "c")), "fallback_strategy[1]");
  EXPECT_EQ(fallback_used(need, in_zone("n", "x")), "none of its selectors");
}

TEST(PlacementFallbackTest, OfAGroupItIsAboutTheReplicasOwnBundleWhoseSelectorStays) {
  DeploymentConfig config = a_then_b_then_c();
  config.placement_group_bundles = {{{"CPU", 1}}, {{"CPU", 1}}};
  config.placement_group_bundle_label_selector = {{{"disk", "ssd"}}, {{"zone", "z"}}};
  std::vector<NodeView> nodes{in_zone("b", "b"), in_zone("ssd", "b"), in_zone("z", "z")};
  nodes[1].labels["disk"] = "ssd";
  const auto placed = FreeResources(nodes, {}).place(need_of_config(config));
  ASSERT_TRUE(placed) << placed.error().message;
  EXPECT_EQ(placed->node_id, "ssd");
  EXPECT_EQ(placed->bundles[1].node_id, "z");
  EXPECT_EQ(fallback_used(need_of_config(config), nodes[1]), "fallback_strategy[0]");
}

TEST(PlacementFallbackTest, AGangGoesAsAWhole) {
  DeploymentConfig config = a_then_b_then_c();
  config.gang_scheduling_config = GangSchedulingConfig{.gang_size = 2};
  const std::vector<NodeView> nodes{in_zone("a", "a", 1), in_zone("b", "b", 2)};
  const auto gang = FreeResources(nodes, {}).place_gang(need_of_config(config));
  ASSERT_TRUE(gang) << gang.error().message;
  EXPECT_EQ((*gang)[0].node_id + (*gang)[1].node_id, "bb") << "not one member by each selector";
}

TEST(PlacementFallbackTest, ReplicasThatAreThereByAFallbackStopFirst) {
  ClusterView view;
  view.nodes = {in_zone("a", "a"), in_zone("b", "b")};
  const DeploymentConfig config = a_then_b_then_c();
  view.deployments = {{.key = kReplicas,
                       .version = "v",
                       .num_replicas = 2,
                       .resources = config.ray_actor_options,
                       .placement = placement_rules(config)}};
  for (const char* id : {"a1", "b1", "a2"})
    view.replicas.push_back({.id = id,
                             .key = kReplicas,
                             .version = "v",
                             .phase = ReplicaPhase::Running,
                             .node_id = std::string(id, 1),
                             .resources = config.ray_actor_options});
  const Plan plan = reconcile(view);
  ASSERT_EQ(plan.stops.size(), 1u);
  EXPECT_EQ(plan.stops[0].id, "b1");
}

}  // namespace
}  // namespace manta::control
