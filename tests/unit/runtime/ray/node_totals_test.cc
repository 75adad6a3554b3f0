#include "runtime/ray/node_totals.h"

#include <gtest/gtest.h>

namespace manta::runtime {
namespace {

BridgeNode node(double total, double free) {
  return {.node_id = "n", .total = {.num_cpus = total}, .available = {.num_cpus = free}};
}

HeldShare share(double cpus, bool is_settled = true) {
  return {.node_id = "n", .amounts = {.num_cpus = cpus}, .is_settled = is_settled};
}

double cpus(NodeTotals& totals, const BridgeNode& node, const std::vector<HeldShare>& held) {
  return totals.of({node}, held).at(0).total.num_cpus;
}

TEST(NodeTotalsTest, WhatOthersTakeIsNotOurs) {
  struct Case {
    const char* what;
    double total, free;
    std::vector<HeldShare> held;
    double expected;
  };
  const std::vector<Case> cases{
      {"an empty node", 8, 8, {}, 8},
      {"others take 3", 8, 5, {}, 5},
      {"we take 3", 8, 5, {share(3)}, 8},
      {"we take 2, others 1", 8, 5, {share(2)}, 7},
      {"shares of other nodes do not count", 8, 5, {{.node_id = "m", .amounts = {.num_cpus = 3}}}, 5},
      {"more is held than Ray shows", 8, 8, {share(3)}, 8},
      {"a start that Ray already shows", 8, 6, {share(2, false)}, 8},
      {"a start that Ray does not show yet", 8, 8, {share(2, false)}, 8},
      {"an end that Ray already shows", 8, 8, {share(2, false)}, 8},
  };
  for (const Case& c : cases) {
    NodeTotals totals;
    EXPECT_DOUBLE_EQ(cpus(totals, node(c.total, c.free), c.held), c.expected) << c.what;
  }
}

TEST(NodeTotalsTest, AStartChangesNothingAboutWhatOthersTake) {
  NodeTotals totals;
  EXPECT_DOUBLE_EQ(cpus(totals, node(8, 4), {}), 4) << "others take 4";
  EXPECT_DOUBLE_EQ(cpus(totals, node(8, 4), {share(2, false)}), 4) << "asked for, not in Ray's figures";
  EXPECT_DOUBLE_EQ(cpus(totals, node(8, 2), {share(2, false)}), 4) << "in Ray's figures";
  EXPECT_DOUBLE_EQ(cpus(totals, node(8, 2), {share(2)}), 4) << "settled";
  EXPECT_DOUBLE_EQ(cpus(totals, node(8, 2), {share(2, false)}), 4) << "ended, still in Ray's figures";
  EXPECT_DOUBLE_EQ(cpus(totals, node(8, 4), {share(2, false)}), 4) << "ended, given back";
  EXPECT_DOUBLE_EQ(cpus(totals, node(8, 4), {}), 4);
}

TEST(NodeTotalsTest, OthersComeAndGo) {
  NodeTotals totals;
  EXPECT_DOUBLE_EQ(cpus(totals, node(8, 8), {}), 8);
  EXPECT_DOUBLE_EQ(cpus(totals, node(8, 5), {}), 5);
  EXPECT_DOUBLE_EQ(cpus(totals, node(8, 7), {}), 7);
}

TEST(NodeTotalsTest, EveryKindOfResourceIsCounted) {
  NodeTotals totals;
  const BridgeNode given{.node_id = "n",
                         .total = {.num_cpus = 4, .num_gpus = 2, .memory = 1e9, .resources = {{"slot", 2}}},
                         .available = {.num_cpus = 4, .num_gpus = 0.5, .memory = 5e8, .resources = {}}};
  const HeldShare ours{.node_id = "n", .amounts = {.num_cpus = 0, .num_gpus = 0.5, .resources = {{"slot", 1}}}};
  const NodeInfo info = totals.of({given}, {ours}).at(0);
  EXPECT_DOUBLE_EQ(info.total.num_cpus, 4);
  EXPECT_DOUBLE_EQ(info.total.num_gpus, 1);
  EXPECT_DOUBLE_EQ(info.total.memory, 5e8);
  EXPECT_DOUBLE_EQ(info.total.resources.at("slot"), 1);
  ASSERT_TRUE(info.machine);
  EXPECT_DOUBLE_EQ(info.machine->num_gpus, 2);
}

TEST(NodeTotalsTest, TheKindOfGpuIsOfRaysResourceOrOfTheLabel) {
  NodeTotals totals;
  BridgeNode named = node(1, 1), labelled = node(1, 1);
  named.total.accelerator_type = "T4";
  labelled.labels = {{"ray.io/accelerator-type", "A100"}};
  const auto infos = totals.of({named, labelled}, {});
  EXPECT_EQ(infos[0].accelerator_type, "T4");
  EXPECT_EQ(infos[1].accelerator_type, "A100");
}

TEST(NodeTotalsTest, ANodeThatIsDrainedIsLeaving) {
  NodeTotals totals;
  BridgeNode drained = node(1, 1);
  drained.draining = true;
  EXPECT_TRUE(totals.of({drained}, {}).at(0).is_leaving);
}

}  // namespace
}  // namespace manta::runtime
