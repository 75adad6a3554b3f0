#include "control/node_report.h"

#include <gmock/gmock.h>

#include "control/admin_api.h"
#include "unit/control/controller_fixture.h"

namespace manta::control {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

NodeView node_view(const std::string& id, double cpus, double gpus) {
  return {.node_id = id, .total = {.num_cpus = cpus, .num_gpus = gpus}};
}

ReplicaView replica_on(const std::string& id, const std::string& node, Resources resources) {
  return {.id = id,
          .key = {"rag", "Embed"},
          .version = "v",
          .phase = ReplicaPhase::Running,
          .node_id = node,
          .resources = std::move(resources)};
}

const NodeReport& report_for(const std::vector<NodeReport>& nodes, const std::string& id) {
  return *std::ranges::find(nodes, id, &NodeReport::node_id);
}

TEST(NodeReportTest, WhatReplicasHoldIsNotFree) {
  NodeView view = node_view("a", 8, 2);
  view.total.memory = 1024;
  view.total.resources = {{"disk", 4}};
  const auto nodes = node_reports({.nodes = {view},
                                   .replicas = {replica_on("r1", "a", {.num_cpus = 1, .num_gpus = 0.1}),
                                                replica_on("r2", "a", {.num_cpus = 2, .num_gpus = 0.2, .memory = 24}),
                                                replica_on("r3", "a", {.num_cpus = 0, .resources = {{"disk", 1}}})},
                                   .drains = {},
                                   .proxies = {{"a", "UNHEALTHY"}},
                                   .proxy_messages = {{"a", "its port is taken"}}});
  ASSERT_EQ(nodes.size(), 1u);
  EXPECT_EQ(nodes[0].total, (Amounts{{"CPU", 8}, {"GPU", 2}, {"memory", 1024}, {"disk", 4}}));
  EXPECT_EQ(nodes[0].used.at("CPU"), 3);
  EXPECT_DOUBLE_EQ(nodes[0].used.at("GPU"), 0.3);
  EXPECT_EQ(nodes[0].free.at("CPU"), 5);
  EXPECT_DOUBLE_EQ(nodes[0].free.at("GPU"), 1.7);
  EXPECT_EQ(nodes[0].free.at("memory"), 1000);
  EXPECT_EQ(nodes[0].free.at("disk"), 3);
  EXPECT_TRUE(nodes[0].used_by_others.empty());
  EXPECT_THAT(nodes[0].replicas_of, ElementsAre(Pair("rag/Embed", 3)));
  EXPECT_EQ(nodes[0].proxy, "UNHEALTHY");
  EXPECT_EQ(nodes[0].proxy_message, "its port is taken");
}

TEST(NodeReportTest, WhatOthersUseOfAMachineIsNeitherOursNorFree) {
  NodeView view = node_view("a", 6, 1);
  view.machine = Resources{.num_cpus = 8, .num_gpus = 2};
  const auto nodes =
      node_reports({.nodes = {view}, .replicas = {replica_on("r", "a", {.num_cpus = 2})}, .drains = {}, .proxies = {}});
  EXPECT_EQ(nodes[0].total, (Amounts{{"CPU", 8}, {"GPU", 2}}));
  EXPECT_EQ(nodes[0].used, (Amounts{{"CPU", 2}}));
  EXPECT_EQ(nodes[0].used_by_others, (Amounts{{"CPU", 2}, {"GPU", 1}}));
  EXPECT_EQ(nodes[0].free, (Amounts{{"CPU", 4}, {"GPU", 1}}));
}

TEST(NodeReportTest, ABundleCountsWhereItLiesAndItsReplicaWhereItRuns) {
  ReplicaView replica = replica_on("r", "a", {.num_cpus = 1});
  replica.bundles = {{.node_id = "a", .resources = {.num_cpus = 1}},
                     {.node_id = "b", .resources = {.num_cpus = 2, .num_gpus = 1}, .gpus = {1}}};
  const auto nodes = node_reports(
      {.nodes = {node_view("b", 4, 2), node_view("a", 4, 0)}, .replicas = {replica}, .drains = {}, .proxies = {}});
  EXPECT_EQ(nodes[0].node_id, "a");
  EXPECT_EQ(nodes[0].used, (Amounts{{"CPU", 1}}));
  EXPECT_THAT(nodes[0].replicas_of, ElementsAre(Pair("rag/Embed", 1)));
  EXPECT_EQ(nodes[1].used, (Amounts{{"CPU", 2}, {"GPU", 1}}));
  EXPECT_TRUE(nodes[1].replicas_of.empty());
  ASSERT_EQ(nodes[1].replicas.size(), 1u);
  EXPECT_EQ(nodes[1].replicas[0].gpus, std::vector<int>{1});
}

TEST(NodeReportTest, TheHeadIsFirstAndStatesAreTold) {
  NodeView head = node_view("z", 4, 0);
  head.is_head = true;
  NodeView leaving = node_view("b", 4, 0);
  leaving.alive = false;
  const auto nodes = node_reports({.nodes = {node_view("c", 4, 0), leaving, head},
                                   .replicas = {replica_on("r", "gone", {.num_cpus = 1})},
                                   .drains = {{.node_id = "c", .state = "DRAINING", .message = "waits"}},
                                   .proxies = {}});
  std::vector<std::string> order;
  for (const NodeReport& node : nodes) order.push_back(node.node_id + " " + node.state);
  EXPECT_THAT(order, ElementsAre("z ALIVE", "b LEAVING", "c DRAINING", "gone LOST"));
  EXPECT_EQ(report_for(nodes, "c").message, "waits");
  EXPECT_TRUE(report_for(nodes, "gone").total.empty());
  EXPECT_THAT(report_for(nodes, "gone").replicas_of, ElementsAre(Pair("rag/Embed", 1)));
}

class NodesReportTest : public ControllerTest {
 protected:
  void nodes(std::vector<runtime::NodeInfo> all) {
    backend.set_nodes(std::move(all));
    loop.poll();
  }
};

TEST_F(NodesReportTest, PendingReplicasComeWithWhatTheyNeedAndWhatEachNodeLacks) {
  nodes({{.node_id = "a", .total = {.num_cpus = 4, .num_gpus = 1}, .is_head = true, .address = "10.0.0.1"},
         {.node_id = "b", .total = {.num_cpus = 4, .num_gpus = 1}, .labels = {{"zone", "b"}}}});
  config.ray_actor_options = {.num_cpus = 1, .num_gpus = 1};
  ASSERT_TRUE(deploy(3));
  settle();
  const NodesReport report = nodes_report(*controller);
  ASSERT_EQ(report.nodes.size(), 2u);
  EXPECT_EQ(report.nodes[0].address, "10.0.0.1");
  EXPECT_EQ(report.nodes[1].labels.at("zone"), "b");
  for (const NodeReport& node : report.nodes) {
    EXPECT_THAT(node.replicas_of, ElementsAre(Pair("app/D", 1)));
    EXPECT_EQ(node.free.at("GPU"), 0);
    EXPECT_EQ(node.replicas.at(0).state, "RUNNING");
  }
  ASSERT_EQ(report.pending.size(), 1u);
  EXPECT_EQ(report.pending[0].replicas, 1);
  EXPECT_EQ(report.pending[0].bundles, (std::vector<Amounts>{{{"CPU", 1}, {"GPU", 1}}}));
  EXPECT_EQ(report.pending[0].message, "pending: needs 1 GPU, 1 CPU; node a: GPU 0 free < 1; node b: GPU 0 free < 1");
}

TEST_F(NodesReportTest, ANodeThatTheClusterGivesUpGetsNothingNew) {
  nodes({{.node_id = "a", .total = {.num_cpus = 4}}, {.node_id = "b", .total = {.num_cpus = 4}, .is_leaving = true}});
  run(4);
  const NodesReport report = nodes_report(*controller);
  EXPECT_THAT(report.nodes.at(0).replicas_of, ElementsAre(Pair("app/D", 4)));
  EXPECT_EQ(report.nodes.at(1).state, "LEAVING");
  EXPECT_TRUE(report.nodes.at(1).replicas.empty());
}

}  // namespace
}  // namespace manta::control
