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

struct Case {
  std::string name;
  Resources total;
  std::vector<ReplicaView> replicas;
  Resources need;
  int max_per_node = 0;
  std::string expected;
};

class PlacementTest : public testing::TestWithParam<Case> {};

TEST_P(PlacementTest, PlacesOrSaysWhyNot) {
  const Case& c = GetParam();
  EXPECT_EQ(reason(one_node(c.total), c.replicas, c.need, c.max_per_node), c.expected);
}

INSTANTIATE_TEST_SUITE_P(Table, PlacementTest,
                         testing::Values(Case{"Fits", {.num_cpus = 2}, {}, {.num_cpus = 2}, 0, "placed"},
                                         Case{"GpusWholeFree",
                                              {.num_cpus = 8, .num_gpus = 2},
                                              {holds({.num_cpus = 1, .num_gpus = 1}, {0})},
                                              {.num_cpus = 1, .num_gpus = 2},
                                              0,
                                              "pending: needs 2 GPUs, the largest free is 1"},
                                         Case{"GpuFraction",
                                              {.num_cpus = 8, .num_gpus = 1},
                                              {holds({.num_cpus = 1, .num_gpus = 0.75}, {0})},
                                              {.num_cpus = 1, .num_gpus = 0.5},
                                              0,
                                              "pending: needs 0.5 GPUs, the largest free is 0.25"},
                                         Case{"NoGpuAtAll",
                                              {.num_cpus = 8},
                                              {},
                                              {.num_cpus = 1, .num_gpus = 1},
                                              0,
                                              "pending: needs 1 GPU, the largest free is 0"},
                                         Case{"Cpus",
                                              {.num_cpus = 2},
                                              {holds({.num_cpus = 1.5})},
                                              {.num_cpus = 1},
                                              0,
                                              "pending: needs 1 CPU, the largest free is 0.5"},
                                         Case{"StoppingReplicaStillHolds",
                                              {.num_cpus = 1},
                                              {holds({.num_cpus = 1}, {}, ReplicaPhase::Stopping)},
                                              {.num_cpus = 1},
                                              0,
                                              "pending: needs 1 CPU, the largest free is 0"},
                                         Case{"Memory",
                                              {.num_cpus = 2, .memory = 1024.0 * 1024 * 1024},
                                              {},
                                              {.num_cpus = 1, .memory = 4294967296.0},
                                              0,
                                              "pending: needs 4.0 GiB of memory, the largest free is 1.0 GiB"},
                                         Case{"Custom",
                                              {.num_cpus = 2, .resources = {{"disk", 1}}},
                                              {},
                                              {.num_cpus = 1, .resources = {{"disk", 2}}},
                                              0,
                                              "pending: needs 2 of resource 'disk', the largest free is 1"},
                                         Case{"MaxPerNode",
                                              {.num_cpus = 8},
                                              {holds({.num_cpus = 1})},
                                              {.num_cpus = 1},
                                              1,
                                              "pending: max_replicas_per_node is 1 and every node has as many"},
                                         Case{"TenthsAddUp",
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
}

}  // namespace
}  // namespace manta::control
