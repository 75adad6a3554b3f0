// Nodes that the cluster gives up (Ray drains them): what runs there is replaced first, or ends before the node does.
#include <gmock/gmock.h>

#include "base/unix_time.h"
#include "unit/control/controller_fixture.h"

namespace manta::control {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class LeavingNodeTest : public ControllerTest {
 protected:
  // Two nodes for four replicas each, of which the second leaves in so many seconds; 0: without a deadline.
  void second_leaves(double in_s, double first_cpus = 4) {
    have({.num_cpus = first_cpus}, true, in_s > 0 ? unix_time_s() + in_s : 0);
  }
  void have(Resources first, bool leaving = false, double leaves_at_s = 0) {
    backend.set_nodes({{.node_id = "a", .total = std::move(first)},
                       {.node_id = "b", .total = {.num_cpus = 4}, .is_leaving = leaving, .leaves_at_s = leaves_at_s}});
    loop.poll();
  }
  int on(const std::string& node) const {
    int count = 0;
    for (const auto& [id, replica] : controller->replicas())
      count += replica.view.node_id == node && replica.view.phase != ReplicaPhase::Stopping ? 1 : 0;
    return count;
  }
  std::vector<std::string> told(const std::string& kind) const {
    std::vector<std::string> messages;
    for (const Event& event : controller->events().since(0))
      if (event.kind == kind && event.data.contains("node")) messages.push_back(event.message);
    return messages;
  }
};

TEST_F(LeavingNodeTest, IsEmptiedAndNeverTooFewAreRouted) {
  have({.num_cpus = 4});
  run(4);
  ASSERT_EQ(on("b"), 2);
  second_leaves(0);
  EXPECT_EQ(routed(), 4u);
  EXPECT_EQ(on("b"), 2) << "until others run";
  settle();
  EXPECT_EQ(on("a"), 4);
  EXPECT_EQ(on("b"), 0);
  EXPECT_EQ(routed(), 4u);
  EXPECT_THAT(told("drain_started"),
              ElementsAre("node b is given up by the cluster; its replicas are started elsewhere first"));
  EXPECT_THAT(told("drain_completed"), ElementsAre("node b has no replicas any more"));
}

TEST_F(LeavingNodeTest, IsToldOfOnceAndPublishedForItsProxy) {
  have({.num_cpus = 4});
  run(1);
  EXPECT_THAT(snapshot().draining_nodes, IsEmpty());
  second_leaves(0);
  second_leaves(0);
  EXPECT_THAT(snapshot().draining_nodes, ElementsAre("b"));
  EXPECT_EQ(told("drain_started").size(), 1u);
}

TEST_F(LeavingNodeTest, ANodeThatIsDrainedByOrderIsPublishedToo) {
  have({.num_cpus = 4});
  run(1);
  ASSERT_TRUE(controller->drain_node("b"));
  loop.poll();
  EXPECT_THAT(snapshot().draining_nodes, ElementsAre("b"));
  ASSERT_TRUE(controller->undo_drain("b"));
  loop.poll();
  EXPECT_THAT(snapshot().draining_nodes, IsEmpty());
}

TEST_F(LeavingNodeTest, WithoutAnotherPlaceReplicasEndInTimeForTheirRequests) {
  config.graceful_shutdown_timeout_s = 20;
  have({.num_cpus = 2});
  run(4);
  second_leaves(100, 2);
  settle();
  EXPECT_EQ(on("a"), 2);
  EXPECT_EQ(on("b"), 2) << "they serve as long as they may";
  pass(seconds(70));
  EXPECT_EQ(on("b"), 2);
  pass(seconds(15));
  EXPECT_EQ(on("b"), 0) << "20 s before the node ends";
  settle();
  EXPECT_EQ(routed(), 2u);
  EXPECT_EQ(controller->status().applications.at("app").deployments.at("D").replica_states["RUNNING"], 2);
}

TEST_F(LeavingNodeTest, AReplicaThatOnlyHoldsABundleThereLeavesToo) {
  config.placement_group_bundles = {{{"CPU", 3}}, {{"CPU", 3}}};
  config.placement_group_strategy = "SPREAD";
  config.ray_actor_options.num_cpus = 3;
  have({.num_cpus = 4});
  run(1);
  second_leaves(0);
  backend.set_nodes({{.node_id = "a", .total = {.num_cpus = 4}},
                     {.node_id = "b", .total = {.num_cpus = 4}, .is_leaving = true},
                     {.node_id = "c", .total = {.num_cpus = 8}}});
  loop.poll();
  settle();
  for (const auto& [id, replica] : controller->replicas())
    for (const spec::Bundle& bundle : replica.view.bundles) EXPECT_NE(bundle.node_id, "b");
}

}  // namespace
}  // namespace manta::control
