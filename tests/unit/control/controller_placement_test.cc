// Several nodes, on the fake backend.
#include <set>

#include "unit/control/controller_fixture.h"

namespace manta::control {
namespace {

class ControllerPlacementTest : public ControllerTest {
 protected:
  static runtime::NodeInfo node(const std::string& id, double cpus, double gpus = 0) {
    return {.node_id = id, .total = {.num_cpus = cpus, .num_gpus = gpus}};
  }
  void nodes(std::vector<runtime::NodeInfo> all) {
    backend.set_nodes(std::move(all));
    loop.poll();
  }
  // What runs on each node: "a b b".
  std::string on_nodes() const {
    std::multiset<std::string> ids;
    for (const auto& [id, process] : backend.running()) ids.insert(process.node_id);
    std::string text;
    for (const std::string& id : ids) text += (text.empty() ? "" : " ") + id;
    return text;
  }
  ReplicaView view_of(const std::string& id) const { return controller->replicas().at(id).view; }
};

TEST_F(ControllerPlacementTest, ReplicasWaitForNodesToJoin) {
  nodes({node("a", 8), node("b", 8)});
  config.max_replicas_per_node = 1;
  ASSERT_TRUE(deploy(4));
  settle();
  EXPECT_EQ(status().replica_states, (std::map<std::string, int>{{"RUNNING", 2}, {"PENDING", 2}}));
  EXPECT_EQ(status().message,
            "pending: needs 1 CPU; node a: max_replicas_per_node 1 reached; node b: max_replicas_per_node 1 reached");
  nodes({node("a", 8), node("b", 8), node("c", 8)});
  settle();
  EXPECT_EQ(status().replica_states.at("RUNNING"), 3);
  nodes({node("a", 8), node("b", 8), node("c", 8), node("d", 8)});
  settle();
  EXPECT_EQ(status().status, "HEALTHY");
  EXPECT_EQ(on_nodes(), "a b c d");
}

TEST_F(ControllerPlacementTest, ReplicasOfALostNodeMoveToAnother) {
  nodes({node("a", 2), node("b", 2)});
  run(4);
  for (const auto& [id, process] : backend.running())
    if (process.node_id == "b") fakes.end(id);
  nodes({node("a", 2), node("c", 2)});
  pass(std::chrono::seconds(1));
  settle();
  EXPECT_EQ(on_nodes(), "a a c c");
}

TEST_F(ControllerPlacementTest, AStartOnANodeThatTurnsOutToBeLostIsMadeOnAnother) {
  nodes({node("a", 2), node("b", 2)});
  run(4);
  const auto all = backend.running();
  backend.nodes_known = {node("a", 2), node("c", 2)};  // which is told later than the ends of its replicas
  for (const auto& [id, process] : all)
    if (process.node_id == "b") kill(id);
  pass(std::chrono::seconds(1));
  EXPECT_EQ(status().replica_states, (std::map<std::string, int>{{"RUNNING", 2}, {"STARTING", 2}}));
  nodes({node("a", 2), node("c", 2)});
  settle();
  EXPECT_EQ(on_nodes(), "a a c c");
  EXPECT_EQ(status().status, "HEALTHY");
}

TEST_F(ControllerPlacementTest, AGroupIsHeldOverARestartOfTheController) {
  nodes({node("a", 8, 2), node("b", 8, 2)});
  config.placement_group_bundles = {{{"GPU", 2}}, {{"GPU", 2}}};
  config.placement_group_strategy = "STRICT_SPREAD";
  run(1);
  const std::vector<spec::Bundle> before = view_of(first()).bundles;
  ASSERT_EQ(before.size(), 2u);
  EXPECT_NE(before[0].node_id, before[1].node_id);
  EXPECT_EQ(backend.running().begin()->second.bundles, before) << "the process is told what it holds";
  begin();
  settle();
  EXPECT_EQ(view_of(first()).bundles, before);
  ASSERT_TRUE(deploy(2));
  settle();
  EXPECT_EQ(status().replica_states.at("PENDING"), 1) << "nothing is given twice";
}

TEST_F(ControllerPlacementTest, AGangServesAsAWhole) {
  nodes({node("a", 8, 4)});
  config.ray_actor_options.num_gpus = 1;
  config.gang_scheduling_config = GangSchedulingConfig{.gang_size = 2};
  ASSERT_TRUE(deploy(2));
  loop.poll();
  const std::string other = backend.running().rbegin()->first;
  fakes.tell(first(), {.state = "RUNNING"});
  loop.poll();
  EXPECT_EQ(routed(), 0u);
  fakes.tell(other, {.state = "RUNNING"});
  loop.poll();
  EXPECT_EQ(routed(), 2u);
  const std::uint64_t epoch = view_of(other).gang_epoch;
  backend.exits_when_stopped = false;
  kill(first());
  EXPECT_EQ(routed(), 0u);
  EXPECT_EQ(backend.running().size(), 1u) << "not before the other has ended";
  kill(other);
  pass(std::chrono::seconds(1));
  settle();
  EXPECT_EQ(routed(), 2u);
  EXPECT_GT(view_of(first()).gang_epoch, epoch);
  EXPECT_EQ(view_of(first()).gang_id, "app#D#gang-0");
}

TEST_F(ControllerPlacementTest, TheEpochOfAGangRisesOverRestartsOfTheController) {
  config.gang_scheduling_config = GangSchedulingConfig{.gang_size = 2};
  run(2);
  const std::uint64_t epoch = view_of(first()).gang_epoch;
  begin();
  settle();
  EXPECT_EQ(view_of(first()).gang_epoch, epoch) << "adopted";
  const auto ids = running("{}");
  for (const std::string& id : ids) kill(id);
  pass(std::chrono::seconds(1));
  settle();
  EXPECT_GT(view_of(first()).gang_epoch, epoch);
}

TEST_F(ControllerTest, TellsCallersTheZonesOfNodesByTheirLabels) {
  backend.set_nodes({{.node_id = "a", .total = {.num_cpus = 4}, .labels = {{"ray.io/availability-zone", "east"}}},
                     {.node_id = "b", .total = {.num_cpus = 4}, .labels = {{"topology.kubernetes.io/zone", "west"}}},
                     {.node_id = "c", .total = {.num_cpus = 4}, .labels = {{"colour", "blue"}}}});
  run(1);
  EXPECT_EQ(*snapshot().zones, (std::vector<spec::NodeZone>{{"a", "east"}, {"b", "west"}}));
}

}  // namespace
}  // namespace manta::control
