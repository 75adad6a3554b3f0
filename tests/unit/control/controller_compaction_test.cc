// A controller that packs nodes: what one runs moves to others, and requests never have fewer replicas.
#include <gmock/gmock.h>

#include "unit/control/controller_fixture.h"

namespace manta::control {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;

class ControllerCompactionTest : public ControllerTest {
 protected:
  ControllerCompactionTest() {
    backend.set_nodes({{.node_id = "a", .total = {.num_cpus = 4}}, {.node_id = "b", .total = {.num_cpus = 4}}});
    packing.packs_nodes = true;
    begin();
  }
  int on(const std::string& node) const {
    int count = 0;
    for (const auto& [id, replica] : controller->replicas())
      count += replica.view.node_id == node && replica.view.phase != ReplicaPhase::Stopping ? 1 : 0;
    return count;
  }
  std::vector<std::string> told() const {
    std::vector<std::string> kinds;
    for (const Event& event : controller->events().since(0))
      if (event.kind.starts_with("compaction")) kinds.push_back(event.kind);
    return kinds;
  }
  std::string state_of(const std::string& node) const {
    const auto nodes = controller->nodes();
    return std::ranges::find(nodes, node, &NodeDrain::node_id)->state;
  }
};

TEST_F(ControllerCompactionTest, FillsANodeBeforeTheNext) {
  run(3);
  EXPECT_EQ(on("a"), 3);
  EXPECT_EQ(on("b"), 0);
}

TEST_F(ControllerCompactionTest, EmptiesANodeAfterFiveMinutesAndNeverHasTooFew) {
  run(5);
  ASSERT_EQ(on("b"), 1);
  backend.set_nodes({{.node_id = "a", .total = {.num_cpus = 6}}, {.node_id = "b", .total = {.num_cpus = 4}}});
  loop.poll();
  pass(seconds(299));
  EXPECT_THAT(told(), ElementsAre());
  pass(seconds(2));
  EXPECT_THAT(told(), ElementsAre("compaction_started"));
  EXPECT_EQ(state_of("b"), "COMPACTING");
  EXPECT_EQ(on("a"), 5) << "with the replacement";
  EXPECT_EQ(on("b"), 1) << "until the replacement runs";
  EXPECT_EQ(routed(), 5u);
  EXPECT_TRUE(snapshot().draining_nodes.empty()) << "its proxy goes on";
  settle();
  EXPECT_EQ(routed(), 5u);
  EXPECT_EQ(on("b"), 0);
  EXPECT_EQ(state_of("b"), "ALIVE");
  EXPECT_THAT(told(), ElementsAre("compaction_started", "compaction_completed"));
}

TEST_F(ControllerCompactionTest, GivesUpWhenTheReplacementNeverRunsAndKeepsTheOld) {
  config.initialization_timeout_s = 1e6;
  run(5);
  backend.set_nodes({{.node_id = "a", .total = {.num_cpus = 6}}, {.node_id = "b", .total = {.num_cpus = 4}}});
  loop.poll();
  pass(seconds(301));
  ASSERT_EQ(on("a"), 5);
  pass(seconds(1800));
  EXPECT_THAT(told(), ElementsAre("compaction_started", "compaction_given_up"));
  EXPECT_EQ(routed(), 5u);
  EXPECT_EQ(on("b"), 1);
  EXPECT_EQ(on("a"), 4) << "the replacement that did not start in time is one too many";
}

TEST_F(ControllerCompactionTest, WhatIsDeployedMeanwhileMayHaveTheNode) {
  run(5);
  backend.set_nodes({{.node_id = "a", .total = {.num_cpus = 6}}, {.node_id = "b", .total = {.num_cpus = 4}}});
  loop.poll();
  pass(seconds(301));
  ASSERT_THAT(told(), ElementsAre("compaction_started"));
  run(10);
  EXPECT_EQ(on("a") + on("b"), 10);
  EXPECT_THAT(told(), ElementsAre("compaction_started", "compaction_given_up"));
}

TEST_F(ControllerCompactionTest, ARestartOfTheControllerGivesItUp) {
  run(5);
  backend.set_nodes({{.node_id = "a", .total = {.num_cpus = 6}}, {.node_id = "b", .total = {.num_cpus = 4}}});
  loop.poll();
  pass(seconds(301));
  begin();
  settle();
  EXPECT_EQ(routed(), 5u);
  EXPECT_EQ(on("a") + on("b"), 5);
  EXPECT_EQ(state_of("b"), "ALIVE");
}

}  // namespace
}  // namespace manta::control
