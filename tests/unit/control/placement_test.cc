#include "control/placement.h"

#include <gtest/gtest.h>

namespace manta::control {
namespace {

const DeploymentKey kKey{"app", "D"};

std::vector<NodeView> one_node(Resources total) { return {{.node_id = "n1", .total = total}}; }

ReplicaView holds(Resources resources, std::vector<int> gpus = {}, ReplicaPhase phase = ReplicaPhase::Running) {
  return {
      .id = "r", .key = kKey, .version = "v", .phase = phase, .node_id = "n1", .resources = resources, .gpus = gpus};
}

std::string reason(const std::vector<NodeView>& nodes, const std::vector<ReplicaView>& replicas, const Resources& need,
                   int max_per_node = 0) {
  FreeResources free(nodes, replicas);
  const auto placed = free.place(kKey, need, max_per_node);
  return placed ? "placed" : placed.error().message;
}

struct PlacementCase {
  std::string name;
  Resources total;
  std::vector<ReplicaView> replicas;
  Resources need;
  int max_per_node = 0;
  std::string expected;
};

class PlacementTest : public testing::TestWithParam<PlacementCase> {};

TEST_P(PlacementTest, PlacesOrSaysWhyNot) {
  const PlacementCase& c = GetParam();
  EXPECT_EQ(reason(one_node(c.total), c.replicas, c.need, c.max_per_node), c.expected);
}

INSTANTIATE_TEST_SUITE_P(Table, PlacementTest,
                         testing::Values(PlacementCase{"Fits", {.num_cpus = 2}, {}, {.num_cpus = 2}, 0, "placed"},
                                         PlacementCase{"GpusWholeFree",
                                                       {.num_cpus = 8, .num_gpus = 2},
                                                       {holds({.num_cpus = 1, .num_gpus = 1}, {0})},
                                                       {.num_cpus = 1, .num_gpus = 2},
                                                       0,
                                                       "pending: needs 2 GPUs, the largest free is 1"},
                                         PlacementCase{"GpuFraction",
                                                       {.num_cpus = 8, .num_gpus = 1},
                                                       {holds({.num_cpus = 1, .num_gpus = 0.75}, {0})},
                                                       {.num_cpus = 1, .num_gpus = 0.5},
                                                       0,
                                                       "pending: needs 0.5 GPUs, the largest free is 0.25"},
                                         PlacementCase{"NoGpuAtAll",
                                                       {.num_cpus = 8},
                                                       {},
                                                       {.num_cpus = 1, .num_gpus = 1},
                                                       0,
                                                       "pending: needs 1 GPU, the largest free is 0"},
                                         PlacementCase{"Cpus",
                                                       {.num_cpus = 2},
                                                       {holds({.num_cpus = 1.5})},
                                                       {.num_cpus = 1},
                                                       0,
                                                       "pending: needs 1 CPU, the largest free is 0.5"},
                                         PlacementCase{"StoppingReplicaStillHolds",
                                                       {.num_cpus = 1},
                                                       {holds({.num_cpus = 1}, {}, ReplicaPhase::Stopping)},
                                                       {.num_cpus = 1},
                                                       0,
                                                       "pending: needs 1 CPU, the largest free is 0"},
                                         PlacementCase{"Memory",
                                                       {.num_cpus = 2, .memory = 1024.0 * 1024 * 1024},
                                                       {},
                                                       {.num_cpus = 1, .memory = 4294967296.0},
                                                       0,
                                                       "pending: needs 4.0 GiB of memory, the largest free is 1.0 GiB"},
                                         PlacementCase{"Custom",
                                                       {.num_cpus = 2, .resources = {{"disk", 1}}},
                                                       {},
                                                       {.num_cpus = 1, .resources = {{"disk", 2}}},
                                                       0,
                                                       "pending: needs 2 of resource 'disk', the largest free is 1"},
                                         PlacementCase{
                                             "MaxPerNode",
                                             {.num_cpus = 8},
                                             {holds({.num_cpus = 1})},
                                             {.num_cpus = 1},
                                             1,
                                             "pending: max_replicas_per_node is 1 and every node has as many"},
                                         PlacementCase{"TenthsAddUp",
                                                       {.num_cpus = 0.3},
                                                       {holds({.num_cpus = 0.1}), holds({.num_cpus = 0.1})},
                                                       {.num_cpus = 0.1},
                                                       0,
                                                       "placed"}),
                         [](const auto& info) { return info.param.name; });

TEST(FreeResourcesTest, TakesWhatItGives) {
  FreeResources free(one_node({.num_cpus = 4, .num_gpus = 4}), {});
  EXPECT_EQ(free.place(kKey, {.num_cpus = 1, .num_gpus = 2}, 0)->gpus, (std::vector<int>{0, 1}));
  EXPECT_EQ(free.place(kKey, {.num_cpus = 1, .num_gpus = 0.5}, 0)->gpus, (std::vector<int>{2}));
  EXPECT_EQ(free.place(kKey, {.num_cpus = 1, .num_gpus = 0.5}, 0)->gpus, (std::vector<int>{2}))
      << "the fullest that fits is shared";
  EXPECT_EQ(free.place(kKey, {.num_cpus = 1, .num_gpus = 1}, 0)->gpus, (std::vector<int>{3}));
  EXPECT_FALSE(free.place(kKey, {.num_cpus = 0, .num_gpus = 1}, 0));
}

TEST(FreeResourcesTest, ChoosesTheNodeWithMostFreeCpus) {
  FreeResources free({{.node_id = "small", .total = {.num_cpus = 2}}, {.node_id = "large", .total = {.num_cpus = 4}}},
                     {});
  EXPECT_EQ(free.place(kKey, {.num_cpus = 1}, 0)->node_id, "large");
  EXPECT_EQ(free.place(kKey, {.num_cpus = 2}, 0)->node_id, "large");
  EXPECT_EQ(free.place(kKey, {.num_cpus = 2}, 0)->node_id, "small");
}

TEST(FreeResourcesTest, ReplicasThatTakeNoCpuAreSpreadToo) {
  FreeResources free({{.node_id = "a", .total = {.num_cpus = 4}}, {.node_id = "b", .total = {.num_cpus = 4}}}, {});
  EXPECT_NE(free.place(kKey, {.num_cpus = 0}, 0)->node_id, free.place(kKey, {.num_cpus = 0}, 0)->node_id);
}

std::vector<NodeView> gpu_and_cpu_nodes() {
  return {{.node_id = "gpus", .total = {.num_cpus = 8, .num_gpus = 2}},
          {.node_id = "more-gpus", .total = {.num_cpus = 8, .num_gpus = 2}},
          {.node_id = "cpus", .total = {.num_cpus = 2}}};
}

TEST(FreeResourcesTest, WhatNeedsNoGpuLeavesNodesWithGpusAlone) {
  FreeResources free(gpu_and_cpu_nodes(), {});
  EXPECT_EQ(free.place(kKey, {.num_cpus = 2}, 0)->node_id, "cpus");
  EXPECT_EQ(free.place(kKey, {.num_cpus = 2}, 0)->node_id, "gpus") << "rather there than pending";
}

TEST(FreeResourcesTest, FractionsShareOneGpuBeforeAnotherIsBegun) {
  FreeResources free(gpu_and_cpu_nodes(), {});
  std::string first;
  for (int i = 0; i < 4; ++i) {
    const auto placed = free.place(kKey, {.num_cpus = 1, .num_gpus = 0.25}, 0);
    ASSERT_TRUE(placed);
    if (i == 0) first = placed->node_id;
    EXPECT_EQ(placed->node_id, first);
    EXPECT_EQ(placed->gpus, (std::vector<int>{0}));
  }
  EXPECT_NE(free.place(kKey, {.num_cpus = 1, .num_gpus = 0.25}, 0)->node_id, first) << "spread again";
}

TEST(FreeResourcesTest, MaxReplicasPerNodeSpreadsFractions) {
  FreeResources free(gpu_and_cpu_nodes(), {});
  const auto a = free.place(kKey, {.num_cpus = 1, .num_gpus = 0.25}, 1);
  const auto b = free.place(kKey, {.num_cpus = 1, .num_gpus = 0.25}, 1);
  EXPECT_NE(a->node_id, b->node_id);
  EXPECT_EQ(free.place(kKey, {.num_cpus = 1, .num_gpus = 0.25}, 1).error().message,
            "pending: needs 0.25 GPUs, 1 CPU; node gpus: max_replicas_per_node 1 reached; node more-gpus: "
            "max_replicas_per_node 1 reached; node cpus: GPU 0 free < 0.25");
}

// Seeds of the pipeline that shares GPUs: four models of 0.25, 0.25, 4 and 0.25 beside each other fit on 5 devices.
TEST(FreeResourcesTest, APipelineOfFractionsAndAWholeModelNeedsHalfTheGpus) {
  FreeResources free(one_node({.num_cpus = 8, .num_gpus = 6}), {});
  const DeploymentKey names[] = {{"doc", "OCR"}, {"doc", "NER"}, {"doc", "LLM"}, {"doc", "Classifier"}};
  const double gpus[] = {1, 0.25, 4, 0.25};
  std::vector<Placement> placed;
  for (int i = 0; i < 4; ++i) placed.push_back(*free.place(names[i], {.num_cpus = 1, .num_gpus = gpus[i]}, 0));
  EXPECT_EQ(placed[1].gpus, placed[3].gpus) << "the fractions share a device";
  EXPECT_EQ(placed[2].gpus.size(), 4u);
}

TEST(FreeResourcesTest, ReasonsNameEachNode) {
  const std::vector<NodeView> nodes{{.node_id = "A", .total = {.num_cpus = 0, .num_gpus = 1}},
                                    {.node_id = "B", .total = {.num_cpus = 4, .num_gpus = 1}},
                                    {.node_id = "C", .total = {.num_cpus = 4, .num_gpus = 1}, .alive = false}};
  ReplicaView other{.id = "o", .key = {"app", "O"}, .version = "v", .node_id = "B"};
  other.resources = {.num_cpus = 1, .num_gpus = 0.7};
  other.gpus = {0};
  EXPECT_EQ(reason(nodes, {other}, {.num_cpus = 1, .num_gpus = 0.5}),
            "pending: needs 0.5 GPUs, 1 CPU; node A: CPU 0 free < 1; node B: GPU 0.3 free < 0.5; node C: is gone or "
            "leaving");
}

TEST(FreeResourcesTest, ReasonsOfManyNodesAreCutShort) {
  std::vector<NodeView> nodes;
  for (int i = 0; i < 20; ++i) nodes.push_back({.node_id = "n" + std::to_string(i), .total = {.num_cpus = 1}});
  const std::string text = reason(nodes, {}, {.num_cpus = 2});
  EXPECT_TRUE(text.ends_with("; node n7: CPU 1 free < 2; 12 more nodes")) << text;
}

ReplicaNeed with_affinity(const std::string& node_id, bool soft) {
  return {.key = kKey, .resources = {.num_cpus = 2}, .rules = {.affinity = NodeAffinity{node_id, soft}}};
}

TEST(FreeResourcesTest, HardAffinityIsThatNodeOrNone) {
  FreeResources free(gpu_and_cpu_nodes(), {});
  EXPECT_EQ(free.place(with_affinity("gpus", false))->node_id, "gpus");
  EXPECT_EQ(free.place(with_affinity("cpus", false))->node_id, "cpus");
  EXPECT_EQ(free.place(with_affinity("cpus", false)).error().message,
            "pending: needs 2 CPUs; node cpus: CPU 0 free < 2");
  EXPECT_EQ(free.place(with_affinity("gone", false)).error().message,
            "pending: needs 2 CPUs; node gone of node_affinity is not known");
}

TEST(FreeResourcesTest, SoftAffinityIsThatNodeOrAnother) {
  FreeResources free(gpu_and_cpu_nodes(), {});
  EXPECT_EQ(free.place(with_affinity("gpus", true))->node_id, "gpus");
  EXPECT_EQ(free.place(with_affinity("gone", true))->node_id, "cpus");
}

TEST(FreeResourcesTest, LabelsAndKindsOfGpusAreMet) {
  std::vector<NodeView> nodes = gpu_and_cpu_nodes();
  nodes[1].labels = {{"zone", "b"}};
  nodes[1].accelerator_type = "H100";
  FreeResources free(nodes, {});
  EXPECT_EQ(free.place(kKey, {.num_cpus = 1, .label_selector = {{"zone", "in(a,b)"}}}, 0)->node_id, "more-gpus");
  EXPECT_EQ(free.place(kKey, {.num_cpus = 1, .num_gpus = 1, .accelerator_type = "H100"}, 0)->node_id, "more-gpus");
  EXPECT_EQ(reason(nodes, {}, {.num_cpus = 1, .num_gpus = 1, .accelerator_type = "A100"}),
            "pending: needs 1 GPU, 1 CPU; node gpus: accelerator_type is not known, needs A100; node more-gpus: "
            "accelerator_type is H100, needs A100; node cpus: accelerator_type is not known, needs A100, GPU 0 free < "
            "1");
  EXPECT_EQ(reason({nodes[1]}, {}, {.num_cpus = 1, .label_selector = {{"zone", "a"}}}),
            "pending: the node cannot take it: label zone is b, needs a");
}

TEST(FreeResourcesTest, ReplicasThatWereFoundAreBelievedEvenWhenTheyHoldTooMuch) {
  FreeResources free(one_node({.num_cpus = 1, .num_gpus = 1}),
                     {holds({.num_cpus = 4, .num_gpus = 1}, {0}), holds({.num_cpus = 4, .num_gpus = 1}, {5})});
  EXPECT_EQ(free.place(kKey, {.num_cpus = 1}, 0).error().message, "pending: needs 1 CPU, the largest free is 0");
  EXPECT_TRUE(free.place(kKey, {.num_cpus = 0}, 0));
}

// Others on the cluster use GPUs of the node too: fewer are ours than there are, and a replica keeps the index that it
// was given when there were more.
TEST(FreeResourcesTest, AReplicaHoldsADeviceThoughOthersHaveTakenItsIndex) {
  const auto last = holds({.num_cpus = 0, .num_gpus = 1}, {1});
  EXPECT_EQ(reason(one_node({.num_cpus = 8, .num_gpus = 1}), {last}, {.num_cpus = 0, .num_gpus = 1}),
            "pending: needs 1 GPU, the largest free is 0");
  EXPECT_EQ(reason(one_node({.num_cpus = 8, .num_gpus = 2}), {last}, {.num_cpus = 0, .num_gpus = 1}), "placed");
}

TEST(FreeResourcesTest, WhatOthersLeaveOfAGpuCanBeShared) {
  const auto node = one_node({.num_cpus = 8, .num_gpus = 1.5});
  EXPECT_EQ(reason(node, {holds({.num_cpus = 0, .num_gpus = 1}, {0})}, {.num_cpus = 0, .num_gpus = 0.5}), "placed");
  EXPECT_EQ(reason(node, {}, {.num_cpus = 0, .num_gpus = 2}), "pending: needs 2 GPUs, the largest free is 1");
}

}  // namespace
}  // namespace manta::control
