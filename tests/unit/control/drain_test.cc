#include "control/drain.h"

#include <gmock/gmock.h>

#include "control/reconcile.h"
#include "unit/control/controller_fixture.h"

namespace manta::control {
namespace {

using ::testing::HasSubstr;

struct DrainCase {
  const char* name;
  int target, running, starting, leaving, room;  // `room`: replicas that still fit
  int starts, stops;
};

ClusterView view_of(const DrainCase& row) {
  ClusterView view{.now = TimePoint(std::chrono::hours(1))};
  const int used = row.running + row.starting + row.leaving;
  view.nodes = {{.node_id = "n", .total = {.num_cpus = static_cast<double>(used + row.room)}}};
  view.deployments = {{.key = {"app", "D"}, .version = "v", .num_replicas = row.target, .started = true}};
  int number = 0;
  const auto add = [&](int count, ReplicaPhase phase, bool leaving) {
    for (int i = 0; i < count; ++i)
      view.replicas.push_back({.id = "r" + std::to_string(number++),
                               .key = {"app", "D"},
                               .version = "v",
                               .phase = phase,
                               .leaving = leaving,
                               .node_id = "n",
                               .resources = {.num_cpus = 1}});
  };
  add(row.running, ReplicaPhase::Running, false);
  add(row.starting, ReplicaPhase::Starting, false);
  add(row.leaving, ReplicaPhase::Running, true);
  return view;
}

TEST(DrainDecisionTest, WhatLeavesIsReplacedFirst) {
  for (const DrainCase& row : {DrainCase{"nothing leaves", 2, 2, 0, 0, 4, 0, 0},
                               {"its replacement starts", 2, 1, 0, 1, 4, 1, 0},
                               {"all at once", 4, 0, 0, 4, 8, 4, 0},
                               {"while it starts nothing stops", 2, 1, 1, 1, 4, 0, 0},
                               {"it goes when enough run", 2, 2, 0, 1, 4, 0, 1},
                               {"one by one", 3, 1, 1, 3, 4, 1, 1},
                               {"without room it stays", 2, 1, 0, 1, 0, 0, 0},
                               {"a scale-down takes it first", 1, 1, 0, 1, 4, 0, 1}}) {
    const Plan plan = reconcile(view_of(row));
    EXPECT_EQ(static_cast<int>(plan.starts.size()), row.starts) << row.name;
    EXPECT_EQ(static_cast<int>(plan.stops.size()), row.stops) << row.name;
    for (const StopReplica& stop : plan.stops) EXPECT_GE(stop.id, "r" + std::to_string(row.running)) << row.name;
  }
}

TEST(DrainDecisionTest, AnUpdateThatStopsFirstStillReplacesFirst) {
  DrainCase row{"", 2, 1, 0, 1, 4, 1, 0};
  ClusterView view = view_of(row);
  view.deployments.front().rollout.max_surge_percent = 0;
  const Plan plan = reconcile(view);
  EXPECT_EQ(plan.starts.size(), 1u);
  EXPECT_TRUE(plan.stops.empty());
}

TEST(DrainDecisionTest, ADeadlineDoesNotWaitForAReplacement) {
  struct Case {
    const char* name;
    double left_s, grace_s;  // until the deadline; what requests are given to finish
    int stops;
    double given_s, wakes_in_s;  // of those that stop; of the plan, 0: not
  };
  for (const Case& row : {Case{"there is time", 60, 20, 0, 0, 40},
                          {"what requests need is left", 20, 20, 1, 20, 0},
                          {"less is left than they need", 5, 20, 1, 5, 0},
                          {"it is over", -3, 20, 1, 0, 0}}) {
    ClusterView view = view_of({"", 2, 1, 0, 1, 0, 0, 0});  // nothing else fits
    view.deployments.front().graceful_shutdown_timeout_s = row.grace_s;
    const auto seconds = [](double s) {
      return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(s));
    };
    view.replicas.back().leave_by = view.now + seconds(row.left_s);
    const Plan plan = reconcile(view);
    ASSERT_EQ(static_cast<int>(plan.stops.size()), row.stops) << row.name;
    if (row.stops > 0) EXPECT_EQ(plan.stops.front(), (StopReplica{.id = "r1", .grace_s = row.given_s})) << row.name;
    EXPECT_EQ(plan.wake_at.has_value(), row.wakes_in_s > 0) << row.name;
    if (plan.wake_at) EXPECT_EQ(*plan.wake_at, view.now + seconds(row.wakes_in_s)) << row.name;
  }
}

class DrainTest : public ControllerTest {
 protected:
  void have_nodes(int count) {
    std::vector<runtime::NodeInfo> nodes;
    for (int i = 0; i < count; ++i) nodes.push_back({.node_id = "node" + std::to_string(i), .total = {.num_cpus = 4}});
    backend.set_nodes(nodes);
    loop.poll();
  }
  int on(const std::string& node) const {
    int count = 0;
    for (const auto& [id, replica] : controller->replicas()) count += replica.view.node_id == node ? 1 : 0;
    return count;
  }
  std::string state_of(const std::string& node) const {
    for (const NodeDrain& entry : controller->nodes())
      if (entry.node_id == node) return entry.state;
    return "unknown";
  }
};

TEST_F(DrainTest, AReplicaIsReplacedThenStoppedAndNeverTooFewAreRouted) {
  run(2);
  const std::string leaving = first();
  ASSERT_TRUE(controller->drain_replica(leaving, "alice"));
  loop.poll();
  EXPECT_EQ(status().replica_states["PENDING_MIGRATION"], 1);
  EXPECT_EQ(status().replica_states["STARTING"], 1);
  EXPECT_EQ(status().status, "HEALTHY") << "nothing is wrong with it";
  EXPECT_EQ(routed(), 2u);
  EXPECT_TRUE(backend.running().contains(leaving));
  settle();
  EXPECT_FALSE(backend.running().contains(leaving));
  EXPECT_EQ(backend.running().size(), 2u);
  EXPECT_EQ(routed(), 2u);
  EXPECT_EQ(status().replica_states, (std::map<std::string, int>{{"RUNNING", 2}}));
}

TEST_F(DrainTest, AReplicaThatIsNotThereIsRefused) {
  run(1);
  const auto refused = controller->drain_replica("app#D#nobody");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::NotFound);
}

TEST_F(DrainTest, ANodeIsEmptiedAndNothingNewComesToIt) {
  have_nodes(2);
  run(4);
  ASSERT_EQ(on("node0"), 2);
  ASSERT_TRUE(controller->drain_node("node0"));
  loop.poll();
  EXPECT_EQ(state_of("node0"), "DRAINING");
  EXPECT_EQ(routed(), 4u);
  settle();
  EXPECT_EQ(on("node0"), 0);
  EXPECT_EQ(on("node1"), 4);
  EXPECT_EQ(state_of("node0"), "DRAINED");
  EXPECT_EQ(routed(), 4u);
  kill(first());
  settle();
  EXPECT_EQ(on("node0"), 0) << "what dies is not started there again";
  EXPECT_EQ(on("node1"), 4);
}

TEST_F(DrainTest, WithoutAnotherPlaceReplicasStayAndTheReasonIsTold) {
  have_nodes(1);
  run(2);
  ASSERT_TRUE(controller->drain_node("node0"));
  settle();
  EXPECT_EQ(on("node0"), 2);
  EXPECT_EQ(routed(), 2u);
  EXPECT_EQ(status().status, "HEALTHY");
  EXPECT_THAT(status().message, HasSubstr("2 replicas are drained: pending"));
  EXPECT_THAT(status().message, HasSubstr("is being drained"));
  EXPECT_EQ(state_of("node0"), "DRAINING");
}

TEST_F(DrainTest, UndoneItIsUsedAgain) {
  have_nodes(1);
  run(2);
  ASSERT_TRUE(controller->drain_node("node0"));
  settle();
  ASSERT_TRUE(controller->undo_drain("node0"));
  settle();
  EXPECT_EQ(state_of("node0"), "ALIVE");
  EXPECT_EQ(status().message, "");
  EXPECT_EQ(status().replica_states, (std::map<std::string, int>{{"RUNNING", 2}}));
}

TEST_F(DrainTest, AtItsDeadlineANodeIsEmptyAlsoAfterARestartOfTheController) {
  have_nodes(1);
  run(2);
  ASSERT_TRUE(controller->drain_node("node0", "alice", std::chrono::seconds(60)));
  settle();
  EXPECT_EQ(routed(), 2u);
  ASSERT_EQ(controller->nodes().size(), 1u);
  EXPECT_TRUE(controller->nodes().front().deadline);
  begin();
  settle();
  EXPECT_EQ(state_of("node0"), "DRAINING");
  pass(std::chrono::seconds(30));
  EXPECT_EQ(routed(), 2u);
  pass(std::chrono::seconds(30));
  settle();
  EXPECT_EQ(state_of("node0"), "DRAINED");
  EXPECT_EQ(routed(), 0u);
  EXPECT_THAT(status().message, HasSubstr("is being drained"));
}

TEST_F(DrainTest, ADeadlineMayBeGivenLaterAndEndsWithTheDrain) {
  have_nodes(1);
  run(1);
  ASSERT_TRUE(controller->drain_node("node0"));
  EXPECT_FALSE(controller->nodes().front().deadline);
  ASSERT_TRUE(controller->drain_node("node0", "bob", std::chrono::seconds(60)));
  ASSERT_TRUE(controller->drain_node("node0")) << "says nothing of the deadline";
  EXPECT_TRUE(controller->nodes().front().deadline);
  ASSERT_TRUE(controller->undo_drain("node0"));
  settle();
  pass(std::chrono::seconds(120));
  EXPECT_EQ(routed(), 1u);
}

TEST_F(DrainTest, GoesOnWhenANodeJoins) {
  have_nodes(1);
  run(2);
  ASSERT_TRUE(controller->drain_node("node0"));
  settle();
  have_nodes(2);
  settle();
  EXPECT_EQ(on("node0"), 0);
  EXPECT_EQ(on("node1"), 2);
}

TEST_F(DrainTest, GoesOnAfterARestartOfTheController) {
  have_nodes(1);
  run(2);
  ASSERT_TRUE(controller->drain_node("node0"));
  settle();
  begin();
  settle();
  EXPECT_EQ(state_of("node0"), "DRAINING");
  have_nodes(2);
  settle();
  EXPECT_EQ(on("node0"), 0);
  EXPECT_EQ(routed(), 2u);
}

TEST_F(DrainTest, AGangGoesAsOne) {
  config.gang_scheduling_config = GangSchedulingConfig{.gang_size = 2};
  have_nodes(2);
  run(4);
  const std::string leaving = first();
  ASSERT_TRUE(controller->drain_replica(leaving));
  loop.poll();
  EXPECT_EQ(status().replica_states["PENDING_MIGRATION"], 2);
  settle();
  EXPECT_FALSE(backend.running().contains(leaving));
  EXPECT_EQ(status().replica_states, (std::map<std::string, int>{{"RUNNING", 4}}));
}

TEST_F(DrainTest, IsToldFromItsBeginningToItsEnd) {
  have_nodes(2);
  run(2);
  const std::int64_t before = controller->events().last_id();
  ASSERT_TRUE(controller->drain_node("node0", "alice"));
  settle();
  std::vector<std::string> node_events;
  for (const Event& event : controller->events().since(before))
    if (event.data.contains("node")) node_events.push_back(event.kind + " by " + event.by);
  EXPECT_THAT(node_events, ::testing::ElementsAre("drain_started by alice", "drain_completed by "));
}

}  // namespace
}  // namespace manta::control
