// Nodes that are filled one after the other, and emptied when what runs there fits elsewhere.
#include "control/node_compaction.h"

#include <gtest/gtest.h>

#include <fmt/format.h>

#include "control/placement.h"
#include "control/reconcile.h"

namespace manta::control {
namespace {

using std::chrono::seconds;

const DeploymentKey kSmall{"app", "Small"}, kLarge{"app", "Large"};

std::string placed_on(FreeResources& free, const Resources& need) {
  const auto placed = free.place(kSmall, need, 0);
  return placed ? placed->node_id : "pending";
}

TEST(PackingTest, FillsTheNodeInUseThatIsLeftWithTheLeast) {
  const std::vector<NodeView> nodes{{.node_id = "empty", .total = {.num_cpus = 2}},
                                    {.node_id = "wide", .total = {.num_cpus = 8}},
                                    {.node_id = "tight", .total = {.num_cpus = 3}},
                                    {.node_id = "gpu", .total = {.num_cpus = 4, .num_gpus = 2}}};
  std::vector<ReplicaView> replicas;
  for (const char* node : {"wide", "tight", "gpu"})
    replicas.push_back({.id = node, .key = kLarge, .node_id = node, .resources = {.num_cpus = 1}});
  FreeResources free(nodes, replicas, true);
  EXPECT_EQ(placed_on(free, {.num_cpus = 2}), "tight");
  EXPECT_EQ(placed_on(free, {.num_cpus = 7}), "wide");
  EXPECT_EQ(placed_on(free, {.num_cpus = 2}), "gpu") << "rather than on an empty node";
  EXPECT_EQ(placed_on(free, {.num_cpus = 2}), "empty");
  EXPECT_EQ(placed_on(free, {.num_cpus = 0, .num_gpus = 2}), "gpu");
  EXPECT_EQ(placed_on(free, {.num_cpus = 2}), "pending");
}

TEST(PackingTest, WithoutItReplicasAreSpread) {
  const std::vector<NodeView> nodes{{.node_id = "a", .total = {.num_cpus = 4}},
                                    {.node_id = "b", .total = {.num_cpus = 4}}};
  FreeResources spread(nodes, {}), packed(nodes, {}, true);
  EXPECT_EQ(placed_on(spread, {.num_cpus = 1}) + placed_on(spread, {.num_cpus = 1}), "ab");
  EXPECT_EQ(placed_on(packed, {.num_cpus = 1}) + placed_on(packed, {.num_cpus = 1}), "aa");
}

TEST(PackingTest, GroupsGoToNodesInUseToo) {
  const std::vector<NodeView> nodes{{.node_id = "a", .total = {.num_cpus = 8}},
                                    {.node_id = "b", .total = {.num_cpus = 4}}};
  FreeResources free(nodes, {{.id = "r", .key = kLarge, .node_id = "a", .resources = {.num_cpus = 1}}}, true);
  ReplicaNeed need{.key = kSmall, .resources = {.num_cpus = 2}};
  need.rules.bundles = {{.num_cpus = 2}, {.num_cpus = 2}};
  EXPECT_EQ(free.place(need)->node_id, "a");
}

ClusterView cluster(int nodes, double cpus) {
  ClusterView view{.packs_nodes = true};
  for (int i = 0; i < nodes; ++i) view.nodes.push_back({.node_id = fmt::format("n{}", i), .total = {.num_cpus = cpus}});
  view.deployments = {{.key = kLarge, .version = "v", .num_replicas = 0, .resources = {.num_cpus = 3}},
                      {.key = kSmall, .version = "v", .num_replicas = 0, .resources = {.num_cpus = 1}}};
  return view;
}

void put(ClusterView& view, const DeploymentKey& key, const std::string& node) {
  DeploymentTarget& target = view.deployments[key == kLarge ? 0 : 1];
  ++target.num_replicas;
  view.replicas.push_back({.id = fmt::format("r{}", view.replicas.size()),
                           .key = key,
                           .version = "v",
                           .phase = ReplicaPhase::Running,
                           .node_id = node,
                           .resources = target.resources});
}

TEST(PackingTest, TheLargestIsPlacedFirst) {
  ClusterView view = cluster(2, 4);
  view.deployments[0].num_replicas = 2;
  view.deployments[1].num_replicas = 2;
  std::swap(view.deployments[0], view.deployments[1]);
  const Plan plan = reconcile(view);
  EXPECT_EQ(plan.starts.size(), 4u);
  EXPECT_TRUE(plan.pending.empty()) << "two small ones on one node would leave no room for a second large one";
}

// n0 is full, n1 and n2 have two small replicas each.
ClusterView fragmented() {
  ClusterView view = cluster(3, 4);
  put(view, kLarge, "n0");
  for (const char* node : {"n0", "n1", "n1", "n2", "n2"}) put(view, kSmall, node);
  return view;
}

TEST(NodeToCompactTest, IsTheOneWithFewestReplicasOfEquals) {
  ClusterView view = cluster(3, 4);
  for (const char* node : {"n0", "n0", "n1", "n1", "n1", "n2"}) put(view, kSmall, node);
  EXPECT_EQ(node_to_compact(view), "n2");
}

TEST(NodeToCompactTest, IsTheLargestThatCanBeEmptied) {
  ClusterView view = fragmented();
  EXPECT_EQ(node_to_compact(view), "n1");
  view.nodes[2].total.num_cpus = 6;
  EXPECT_EQ(node_to_compact(view), "n2");
}

TEST(NodeToCompactTest, IsNoneWhereSomethingFitsOnlyOnAnEmptyNodeOrNowhere) {
  ClusterView view = cluster(3, 4);
  put(view, kLarge, "n0");
  EXPECT_EQ(node_to_compact(view), "") << "empty nodes are not filled to empty another";
  put(view, kLarge, "n1");
  EXPECT_EQ(node_to_compact(view), "");
}

TEST(NodeToCompactTest, IsNeverTheHead) {
  ClusterView view = fragmented();
  view.nodes[1].is_head = true;
  EXPECT_EQ(node_to_compact(view), "n2");
}

TEST(NodeToCompactTest, ReplicasStayWhereTheirAffinityOrTheirOwnLabelsKeepThem) {
  ClusterView view = fragmented();
  view.deployments[1].placement.affinity = NodeAffinity{.node_id = "n1", .soft = true};
  EXPECT_EQ(node_to_compact(view), "n2") << "not n1: its replica is where it is wanted";
  view = fragmented();
  view.nodes[1].labels = view.nodes[2].labels = {{"zone", "a"}};
  view.deployments[1].resources.label_selector = {{"zone", "a"}};
  view.deployments[1].placement.fallbacks = {{}};
  EXPECT_EQ(node_to_compact(view), "n1") << "to n2, which meets the labels too";
  view.nodes[2].labels.clear();
  EXPECT_EQ(node_to_compact(view), "n2") << "what is there by a fallback may move to another";
  view.replicas.erase(view.replicas.begin() + 4, view.replicas.end());
  EXPECT_EQ(node_to_compact(view), "") << "n1 meets the labels, and n0 does not";
}

TEST(NodeToCompactTest, GangsAndGroupsMoveAsAWhole) {
  ClusterView view = cluster(3, 4);
  DeploymentTarget& gangs = view.deployments[1];
  gangs.placement.gang_size = 2;
  gangs.placement.gang_strategy = Strategy::StrictSpread;
  for (const char* node : {"n0", "n1"}) {
    put(view, kSmall, node);
    view.replicas.back().gang_id = "g";
    view.replicas.back().world_size = 2;
  }
  EXPECT_EQ(node_to_compact(view), "") << "both members must lie apart, and n2 is empty";
  put(view, kLarge, "n2");
  EXPECT_EQ(node_to_compact(view), "n0") << "n1 and n2 have room for a whole gang beside the one that still runs";
}

class NodeCompactionTest : public ::testing::Test {
 protected:
  std::optional<NodeCompaction::Change> at(int time_s, bool lacks_room = false) {
    view.now = TimePoint(seconds(time_s));
    return compaction.look(view, lacks_room);
  }
  NodeCompaction compaction{{.packs_nodes = true}};
  ClusterView view = fragmented();
};

TEST_F(NodeCompactionTest, BeginsWhenAllHasRunAsWantedForFiveMinutes) {
  EXPECT_FALSE(at(0));
  EXPECT_EQ(compaction.wake_at(), TimePoint(seconds(300)));
  view.replicas[0].phase = ReplicaPhase::Starting;
  EXPECT_FALSE(at(200));
  EXPECT_FALSE(compaction.wake_at());
  view.replicas[0].phase = ReplicaPhase::Running;
  EXPECT_FALSE(at(210));
  EXPECT_FALSE(at(509));
  const auto begun = at(510);
  ASSERT_TRUE(begun);
  EXPECT_EQ(begun->step, NodeCompaction::Step::Begun);
  EXPECT_EQ(compaction.node_id(), "n1");
  EXPECT_EQ(compaction.wake_at(), TimePoint(seconds(510 + 1800)));
}

TEST_F(NodeCompactionTest, WhatIsNotAsWantedKeepsItFromBeginning) {
  const auto unsettled = [&](auto change) {
    ClusterView changed = fragmented();
    change(changed);
    NodeCompaction own({.packs_nodes = true});
    own.look(changed, false);
    changed.now += seconds(301);
    return !own.look(changed, false);
  };
  EXPECT_FALSE(unsettled([](ClusterView&) {}));
  EXPECT_TRUE(unsettled([](ClusterView& of) { of.replicas[0].unhealthy = true; }));
  EXPECT_TRUE(unsettled([](ClusterView& of) { of.replicas[0].leaving = true; }));
  EXPECT_TRUE(unsettled([](ClusterView& of) { of.replicas[0].outdated = true; }));
  EXPECT_TRUE(unsettled([](ClusterView& of) { of.replicas[0].version = "old"; }));
  EXPECT_TRUE(unsettled([](ClusterView& of) { of.deployments[0].num_replicas = 2; }));
  EXPECT_TRUE(unsettled([](ClusterView& of) { of.deployments[0].deleting = true; }));
  EXPECT_TRUE(unsettled([](ClusterView& of) { of.deployments[0].deploy_failed = true; }));
  EXPECT_TRUE(unsettled([](ClusterView& of) { of.nodes[0].alive = false; }));
  EXPECT_TRUE(unsettled([](ClusterView& of) { of.nodes[0].draining = true; }));
}

TEST_F(NodeCompactionTest, IsCompleteWhenNothingIsLeftThere) {
  at(0);
  ASSERT_TRUE(at(300));
  EXPECT_FALSE(at(310));
  view.replicas[2].node_id = "n2";
  view.replicas[3].phase = ReplicaPhase::Stopping;
  EXPECT_FALSE(at(320)) << "it still holds its share";
  view.replicas[3].node_id = "n2";
  const auto done = at(330);
  ASSERT_TRUE(done);
  EXPECT_EQ(done->step, NodeCompaction::Step::Completed);
  EXPECT_EQ(compaction.node_id(), "");
}

TEST_F(NodeCompactionTest, IsGivenUpAfterHalfAnHour) {
  at(0);
  ASSERT_TRUE(at(300));
  EXPECT_FALSE(at(2099));
  const auto ended = at(2100);
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->step, NodeCompaction::Step::GivenUp);
  EXPECT_EQ(ended->message, "node n1 is kept: it still has 2 replicas after 1800 s");
}

TEST_F(NodeCompactionTest, IsGivenUpAtOnceWhenSomethingFitsNowhereElse) {
  at(0);
  ASSERT_TRUE(at(300));
  const auto ended = at(301, true);
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->message, "node n1 is kept: a replica fits nowhere else");
}

TEST_F(NodeCompactionTest, ANodeThatLeavesIsForgotten) {
  at(0);
  ASSERT_TRUE(at(300));
  view.nodes.erase(view.nodes.begin() + 1);
  EXPECT_EQ(at(310)->step, NodeCompaction::Step::GivenUp);
}

TEST_F(NodeCompactionTest, ThePauseDoublesWithEachThatIsGivenUp) {
  NodeCompaction own({.packs_nodes = true, .delay = seconds(1), .most_backoff = seconds(8)});
  const auto begins = [&](int time_s) {
    view.now = TimePoint(seconds(time_s));
    return own.look(view, false).has_value();
  };
  int now_s = 0;
  for (const int pause_s : {2, 4, 8, 8}) {
    begins(now_s);
    view.now = TimePoint(seconds(now_s + 1));
    while (!own.look(view, false)) view.now += seconds(1);
    view.now += seconds(1);
    ASSERT_EQ(own.look(view, true)->step, NodeCompaction::Step::GivenUp);
    now_s = static_cast<int>(std::chrono::duration_cast<seconds>(view.now.time_since_epoch()).count());
    EXPECT_FALSE(begins(now_s + 1)) << pause_s;
    EXPECT_FALSE(begins(now_s + pause_s - 1)) << pause_s;
    EXPECT_EQ(own.wake_at(), TimePoint(seconds(now_s + std::max(2, pause_s)))) << pause_s;
  }
}

TEST_F(NodeCompactionTest, WithoutPackingNothingIsMoved) {
  NodeCompaction off({.packs_nodes = false});
  off.look(view, false);
  view.now += seconds(10'000);
  EXPECT_FALSE(off.look(view, false));
}

}  // namespace
}  // namespace manta::control
