#include "control/reconcile.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace manta::control {
namespace {

using std::chrono::milliseconds;

const TimePoint kNow{std::chrono::hours(1)};

class ReconcileTest : public testing::Test {
 protected:
  ReconcileTest() { view.nodes = {{.node_id = "n", .total = {.num_cpus = 4, .num_gpus = 1}}}; }

  DeploymentTarget& deployment(const std::string& name, int num_replicas = 1) {
    view.deployments.push_back({.key = {"app", name}, .version = "new", .num_replicas = num_replicas});
    return view.deployments.back();
  }
  ReplicaView& replica(const std::string& id, const std::string& of, ReplicaPhase phase = ReplicaPhase::Running,
                       const std::string& version = "new") {
    view.replicas.push_back({.id = id,
                             .key = {"app", of},
                             .version = version,
                             .phase = phase,
                             .node_id = "n",
                             .resources = {.num_cpus = 1},
                             .since = kNow + milliseconds(view.replicas.size())});
    return view.replicas.back();
  }
  std::vector<std::string> stops() {
    std::vector<std::string> ids;
    for (const StopReplica& stop : reconcile(view).stops) ids.push_back(stop.id);
    std::ranges::sort(ids);
    return ids;
  }
  std::size_t starts() { return reconcile(view).starts.size(); }

  ClusterView view{.now = kNow};
};

TEST_F(ReconcileTest, StartsWhatIsMissing) {
  deployment("D", 3);
  replica("a", "D");
  EXPECT_EQ(starts(), 2u);
  EXPECT_TRUE(stops().empty());
}

TEST_F(ReconcileTest, DoesNothingAtTheTarget) {
  deployment("D", 2);
  replica("a", "D");
  replica("b", "D", ReplicaPhase::Recovering);
  EXPECT_EQ(starts(), 0u);
  EXPECT_TRUE(stops().empty());
}

TEST_F(ReconcileTest, SaysWhyAReplicaIsPending) {
  deployment("D").resources = {.num_cpus = 1, .num_gpus = 2};
  const Plan plan = reconcile(view);
  EXPECT_TRUE(plan.starts.empty());
  EXPECT_EQ(plan.pending.at({"app", "D"}), "pending: needs 2 GPUs, the largest free is 1");
}

TEST_F(ReconcileTest, StartsAsManyAsFit) {
  deployment("D", 6);
  EXPECT_EQ(starts(), 4u);
}

TEST_F(ReconcileTest, ScalingDownStopsStartingOnesFirstThenTheYoungest) {
  deployment("D", 1);
  replica("oldest", "D");
  replica("young", "D");
  replica("starting", "D", ReplicaPhase::Starting);
  EXPECT_EQ(stops(), (std::vector<std::string>{"starting", "young"}));
  const auto chosen = reconcile(view).scaled_down;
  ASSERT_EQ(chosen.size(), 2u);
  EXPECT_EQ(chosen[0].id, "starting");
  EXPECT_EQ(chosen[0].reason, "it does not run yet");
  EXPECT_EQ(chosen[1].reason, "it is the newest");
}

TEST_F(ReconcileTest, AReplicaThatHasNotStartedIsStoppedAtOnce) {
  deployment("D", 1).deleting = true;
  replica("a", "D", ReplicaPhase::Running);
  replica("b", "D", ReplicaPhase::Recovering);
  replica("c", "D", ReplicaPhase::Starting);
  EXPECT_EQ(
      reconcile(view).stops,
      (std::vector<StopReplica>{{.id = "a", .grace_s = 20}, {.id = "b", .grace_s = 20}, {.id = "c", .grace_s = 0}}));
}

TEST_F(ReconcileTest, AnUnhealthyReplicaIsStoppedAndReplaced) {
  deployment("D", 1);
  replica("sick", "D").unhealthy = true;
  EXPECT_EQ(stops(), (std::vector<std::string>{"sick"}));
  EXPECT_EQ(starts(), 1u);
}

TEST_F(ReconcileTest, WaitsForTheBackOff) {
  deployment("D").failures = {.start_failures = 2, .early_exits = 2, .last = kNow - milliseconds(100)};
  const Plan plan = reconcile(view);
  EXPECT_TRUE(plan.starts.empty());
  EXPECT_EQ(plan.wake_at, kNow + milliseconds(150));
}

TEST_F(ReconcileTest, AFailedDeployStartsNothingAndKeepsTheOldReplicas) {
  deployment("D", 2).deploy_failed = true;
  replica("a", "D", ReplicaPhase::Running, "old");
  EXPECT_EQ(starts(), 0u);
  EXPECT_TRUE(stops().empty());
}

TEST_F(ReconcileTest, AnUpdateStartsTheNewBeforeItStopsTheOld) {
  deployment("D", 1);
  replica("a", "D", ReplicaPhase::Running, "old");
  EXPECT_EQ(starts(), 1u);
  EXPECT_TRUE(stops().empty());
  replica("b", "D");
  EXPECT_EQ(stops(), (std::vector<std::string>{"a"}));
}

TEST_F(ReconcileTest, AnUpdateThatFindsNoRoomStopsAnOldOneFirst) {
  view.nodes[0].total.num_cpus = 2;
  deployment("D", 2);
  replica("a", "D", ReplicaPhase::Running, "old");
  replica("b", "D", ReplicaPhase::Running, "old");
  EXPECT_EQ(stops(), (std::vector<std::string>{"a"}));
  view.replicas[0].phase = ReplicaPhase::Stopping;
  EXPECT_TRUE(stops().empty()) << "one wave at a time";
}

TEST_F(ReconcileTest, AnOldReplicaIsNotGivenUpForOneThatFitsNowhere) {
  deployment("D").resources = {.num_cpus = 1, .num_gpus = 2};
  replica("a", "D", ReplicaPhase::Running, "old");
  EXPECT_TRUE(stops().empty());
}

TEST_F(ReconcileTest, DeletingStopsCallersBeforeCallees) {
  auto& callee = deployment("Callee");
  callee.deleting = true;
  callee.callers = {"Caller"};
  deployment("Caller").deleting = true;
  replica("callee", "Callee");
  replica("caller", "Caller");
  EXPECT_EQ(stops(), (std::vector<std::string>{"caller"}));
  view.replicas[1].phase = ReplicaPhase::Stopping;
  EXPECT_TRUE(stops().empty()) << "the caller may still call";
  view.replicas.pop_back();
  EXPECT_EQ(stops(), (std::vector<std::string>{"callee"}));
}

TEST_F(ReconcileTest, ARemovedCalleeStaysWhileAnOldCallerRuns) {
  auto& removed = deployment("Removed");
  removed.deleting = true;
  removed.callers = {"Caller"};
  deployment("Caller");
  replica("removed", "Removed");
  replica("caller-old", "Caller", ReplicaPhase::Running, "old");
  EXPECT_TRUE(stops().empty());
  view.replicas[1].version = "new";
  EXPECT_EQ(stops(), (std::vector<std::string>{"removed"}));
}

TEST_F(ReconcileTest, TheFirstStartWaitsForEveryDeploymentItHasHandlesTo) {
  view.deployments.reserve(3);
  deployment("Embed").callers = {"Rag"};
  deployment("Llm").callers = {"Rag"};
  deployment("Rag");
  Plan plan = reconcile(view);
  ASSERT_EQ(plan.starts.size(), 2u);
  EXPECT_EQ(plan.starts[0].key.deployment, "Embed");
  EXPECT_EQ(plan.starts[1].key.deployment, "Llm");
  EXPECT_EQ(plan.pending.at({"app", "Rag"}), "waiting for Embed, Llm");
  replica("embed", "Embed");
  ReplicaView& llm = replica("llm", "Llm", ReplicaPhase::Starting);
  plan = reconcile(view);
  EXPECT_TRUE(plan.starts.empty());
  EXPECT_EQ(plan.pending.at({"app", "Rag"}), "waiting for Llm");
  llm.phase = ReplicaPhase::Running;
  plan = reconcile(view);
  ASSERT_EQ(plan.starts.size(), 1u);
  EXPECT_TRUE(plan.pending.empty());
}

TEST_F(ReconcileTest, OnlyTheFirstStartWaitsForCallees) {
  view.deployments.reserve(2);
  deployment("Embed").callers = {"Rag"};
  DeploymentTarget& rag = deployment("Rag");
  rag.started = true;  // both have crashed
  EXPECT_EQ(starts(), 2u);
  rag.started = false;
  replica("rag", "Rag", ReplicaPhase::Running, "old");  // a restarted controller found it
  EXPECT_EQ(starts(), 2u);
}

TEST_F(ReconcileTest, WhatWillNeverRunIsNotWaitedFor) {
  view.deployments.reserve(2);
  DeploymentTarget& embed = deployment("Embed", 0);
  embed.callers = {"Rag"};
  deployment("Rag");
  EXPECT_EQ(starts(), 1u);
  embed.num_replicas = 1;
  embed.deploy_failed = true;
  EXPECT_EQ(starts(), 1u);
  embed.deploy_failed = false;
  embed.deleting = true;
  EXPECT_EQ(starts(), 1u);
  embed.deleting = false;
  embed.key.application = "other";
  EXPECT_EQ(starts(), 2u) << "another application's deployment of that name";
}

TEST_F(ReconcileTest, ReplicasOfNoKnownDeploymentStop) {
  replica("stray", "Gone");
  EXPECT_EQ(stops(), (std::vector<std::string>{"stray"}));
}

TEST_F(ReconcileTest, WhatHoldsReplacesNothingAndStartsWhatIsMissing) {
  DeploymentTarget& held = deployment("D", 3);
  held.holds = true;
  replica("other", "D", ReplicaPhase::Running, "failed");
  replica("mine", "D");
  replica("never", "D", ReplicaPhase::Starting, "failed");
  EXPECT_EQ(starts(), 1u);
  EXPECT_EQ(stops(), std::vector<std::string>{"never"});
}

TEST_F(ReconcileTest, WhatIsRemovedIsKeptAliveWhileThereIsRoom) {
  DeploymentTarget& removed = deployment("Old", 2);
  removed.removed = removed.holds = true;
  replica("a", "Old");
  deployment("New", 1);
  EXPECT_EQ(starts(), 2u) << "one of each";
  EXPECT_TRUE(stops().empty());
  EXPECT_TRUE(reconcile(view).dropped.empty());
}

TEST_F(ReconcileTest, WhatIsRemovedMakesRoomForTheRestOfItsApplication) {
  DeploymentTarget& removed = deployment("Old");
  removed.removed = removed.holds = true;
  replica("a", "Old");
  deployment("New").resources.num_cpus = 4;
  EXPECT_EQ(stops(), std::vector<std::string>{"a"});
  EXPECT_EQ(reconcile(view).dropped, (std::vector<DeploymentKey>{{"app", "Old"}}));
}

TEST_F(ReconcileTest, NothingIsStoppedOnAGuess) {
  deployment("D", 1);
  replica("old", "D", ReplicaPhase::Running, "old");
  replica("unheard", "D", ReplicaPhase::Recovering);
  EXPECT_TRUE(stops().empty()) << "it may be starting";
  view.replicas[1].phase = ReplicaPhase::Running;
  EXPECT_EQ(stops(), std::vector<std::string>{"old"});
}

TEST_F(ReconcileTest, WithoutASurgeNothingStartsBeforeTheOldOnesHaveEnded) {
  deployment("D", 2).rollout.max_surge_percent = 0;
  replica("a", "D", ReplicaPhase::Running, "old");
  replica("b", "D", ReplicaPhase::Running, "old");
  EXPECT_EQ(stops().size(), 1u);
  EXPECT_EQ(starts(), 0u);
  view.replicas[0].phase = ReplicaPhase::Stopping;
  EXPECT_EQ(starts(), 0u);
  EXPECT_TRUE(stops().empty());
  view.replicas.erase(view.replicas.begin());
  EXPECT_EQ(starts(), 1u);
}

}  // namespace
}  // namespace manta::control
