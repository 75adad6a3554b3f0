#include "control/placement_group.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "control/placement.h"
#include "control/placement_rules.h"

namespace manta::control {
namespace {

std::vector<NodeView> nodes(int count, double cpus, double gpus) {
  std::vector<NodeView> all;
  for (int i = 0; i < count; ++i)
    all.push_back(
        {.node_id = std::string(1, static_cast<char>('a' + i)), .total = {.num_cpus = cpus, .num_gpus = gpus}});
  return all;
}

ReplicaNeed group(int count, Resources bundle, Strategy strategy) {
  ReplicaNeed need{.key = {"app", "D"}, .resources = {}};
  need.rules = {.bundles = std::vector(static_cast<std::size_t>(count), bundle), .strategy = strategy};
  return need;
}

std::string nodes_text(const Placement& placement) {
  std::string text;
  for (const spec::Bundle& bundle : placement.bundles) text += bundle.node_id;
  return text;
}

const Resources kGpu{.num_cpus = 1, .num_gpus = 1};

TEST(PlacementGroupTest, PackTakesOneNodeWhenOneHasRoom) {
  auto all = nodes(3, 8, 4);
  all[1].total.num_gpus = 2;
  FreeResources free(all, {});
  const auto placed = free.place(group(2, kGpu, Strategy::Pack));
  EXPECT_EQ(nodes_text(*placed), "bb") << "the one that is left with the least";
  EXPECT_EQ(nodes_text(*free.place(group(3, kGpu, Strategy::Pack))), "aaa");
}

TEST(PlacementGroupTest, PackTakesAsFewNodesAsItCan) {
  FreeResources free(nodes(4, 8, 2), {});
  const auto placed = free.place(group(4, kGpu, Strategy::Pack));
  const std::string on = nodes_text(*placed);
  EXPECT_EQ(std::set(on.begin(), on.end()).size(), 2u) << on;
}

TEST(PlacementGroupTest, SpreadTakesANodeForEachAndSharesTheRest) {
  FreeResources free(nodes(3, 8, 4), {});
  const std::string apart = nodes_text(*free.place(group(3, kGpu, Strategy::Spread)));
  EXPECT_EQ(std::set(apart.begin(), apart.end()).size(), 3u) << apart;
  const std::string shared = nodes_text(*free.place(group(4, kGpu, Strategy::Spread)));
  EXPECT_EQ(std::set(shared.begin(), shared.end()).size(), 3u) << shared;
}

TEST(PlacementGroupTest, StrictStrategiesHoldOrNothingIsTaken) {
  FreeResources free(nodes(2, 8, 2), {});
  const auto packed = free.place(group(3, kGpu, Strategy::StrictPack));
  EXPECT_EQ(packed.error().message,
            "pending: placement group of 3 bundles (STRICT_PACK): needs 3 GPUs, 3 CPUs; node a: GPU 2 free < 3; node "
            "b: GPU 2 free < 3 (all on one node)");
  const auto spread = free.place(group(3, kGpu, Strategy::StrictSpread));
  EXPECT_EQ(spread.error().message,
            "pending: placement group of 3 bundles (STRICT_SPREAD): needs 3 nodes, 2 have room");
  EXPECT_TRUE(free.place(group(4, kGpu, Strategy::Pack))) << "what failed has taken nothing";
}

TEST(PlacementGroupTest, OneNodeIsNotNamed) {
  FreeResources free(nodes(1, 8, 3), {});
  EXPECT_EQ(free.place(group(4, kGpu, Strategy::StrictPack)).error().message,
            "pending: placement group of 4 bundles (STRICT_PACK): needs 4 GPUs, the largest free is 3");
  EXPECT_EQ(free.place(group(4, kGpu, Strategy::Pack)).error().message,
            "pending: placement group of 4 bundles (PACK): needs 4 GPUs, 4 CPUs; all nodes together: GPU 3 free < 4");
}

TEST(PlacementGroupTest, ABundleThatFitsNowhereIsNamed) {
  FreeResources free(nodes(1, 8, 3), {});
  ReplicaNeed need = group(2, kGpu, Strategy::Pack);
  need.rules.bundles[1].num_cpus = 9;
  EXPECT_EQ(free.place(need).error().message,
            "pending: placement group of 2 bundles (PACK): part 2 of 2 needs 9 CPUs, the largest free is 8");
}

TEST(PlacementGroupTest, FractionsAreLaidSoThatAllFit) {
  ReplicaView other{.id = "o", .key = {"app", "O"}, .version = "v", .node_id = "a"};
  other.resources = {.num_cpus = 0, .num_gpus = 0.4};
  other.gpus = {0};
  ReplicaView another = other;
  another.resources.num_gpus = 0.3;
  another.gpus = {1};
  FreeResources free(nodes(1, 8, 2), {other, another});
  ReplicaNeed need = group(4, {.num_cpus = 0, .num_gpus = 0.3}, Strategy::StrictPack);
  need.rules.bundles[0].num_gpus = 0.4;
  const auto placed = free.place(need);
  ASSERT_TRUE(placed) << "0.6 and 0.7 are free: 0.3 + 0.3 and 0.4 + 0.3";
  EXPECT_EQ(placed->bundles[0].gpus, (std::vector<int>{1}));
}

TEST(PlacementGroupTest, TheReplicaRunsInTheFirstBundleAndSeesTheDevicesOnItsNode) {
  FreeResources free(nodes(1, 8, 4), {});
  const auto placed = free.place(group(3, kGpu, Strategy::StrictPack));
  EXPECT_EQ(placed->node_id, "a");
  EXPECT_EQ(placed->gpus, (std::vector<int>{0, 1, 2}));
  FreeResources two(nodes(2, 8, 1), {});
  const auto apart = two.place(group(2, kGpu, Strategy::StrictSpread));
  EXPECT_EQ(apart->gpus, (std::vector<int>{0})) << "only those of its own node";
}

TEST(PlacementGroupTest, BundleSelectorsAreMet) {
  auto all = nodes(3, 8, 0);
  all[0].labels = {{"zone", "east"}};
  all[2].labels = {{"zone", "west"}};
  ReplicaNeed need = group(2, {.num_cpus = 1}, Strategy::Pack);
  need.rules.bundles[0].label_selector = {{"zone", "west"}};
  need.rules.bundles[1].label_selector = {{"zone", "!west"}};
  FreeResources free(all, {});
  const auto placed = free.place(need);
  ASSERT_TRUE(placed);
  EXPECT_EQ(placed->node_id, "c");
  EXPECT_NE(placed->bundles[1].node_id, "c");
}

TEST(PlacementGroupTest, AffinityIsAboutTheReplica) {
  ReplicaNeed need = group(2, kGpu, Strategy::StrictSpread);
  need.rules.affinity = NodeAffinity{.node_id = "b"};
  FreeResources free(nodes(2, 8, 1), {});
  EXPECT_EQ(nodes_text(*free.place(need)), "ba");
}

TEST(PlacementGroupTest, LargeClustersOfEqualNodesAreQuicklyKnownToBeFull) {
  FreeResources free(nodes(26, 8, 3), {});
  EXPECT_FALSE(free.place(group(27, {.num_cpus = 1, .num_gpus = 2}, Strategy::Pack)));
  EXPECT_TRUE(free.place(group(26, {.num_cpus = 1, .num_gpus = 2}, Strategy::Pack)));
}

TEST(PlacementRulesTest, TheFirstBundleIsRaisedToTheReplicasOwnResources) {
  DeploymentConfig config{.ray_actor_options = {.num_cpus = 2, .memory = 100}};
  config.placement_group_bundles = {{{"GPU", 1}}, {{"GPU", 1}, {"CPU", 4}, {"disk", 1}}};
  config.placement_group_strategy = "SPREAD";
  config.placement_group_bundle_label_selector = {{{"zone", "a"}}};
  const PlacementRules rules = placement_rules(config);
  ASSERT_EQ(rules.bundles.size(), 2u);
  EXPECT_EQ(rules.bundles[0],
            (Resources{.num_cpus = 2, .num_gpus = 1, .memory = 100, .label_selector = {{"zone", "a"}}}));
  EXPECT_EQ(rules.bundles[1],
            (Resources{.num_cpus = 4, .num_gpus = 1, .resources = {{"disk", 1}}, .label_selector = {{"zone", "a"}}}));
  EXPECT_EQ(rules.strategy, Strategy::Spread);
  EXPECT_EQ(rules.gang_size, 1);
}

TEST(PlacementRulesTest, AStrategyWithoutBundlesMakesOneOfTheReplicasResources) {
  DeploymentConfig config{.ray_actor_options = {.num_cpus = 1, .num_gpus = 4}};
  EXPECT_TRUE(placement_rules(config).bundles.empty());
  config.placement_group_strategy = "STRICT_PACK";
  EXPECT_EQ(placement_rules(config).bundles, std::vector{config.ray_actor_options});
}

}  // namespace
}  // namespace manta::control
