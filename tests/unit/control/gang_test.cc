#include "control/gang.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include "control/reconcile.h"
#include "control/replica_ranks.h"

namespace manta::control {
namespace {

using std::chrono::milliseconds;

// Replicas that do as they are told, one step at a time; the plans come from the real reconcile.
class GangWorld {
 public:
  GangWorld(int gangs, int size, double gpus_of_each_node = 4) {
    view.now = TimePoint(std::chrono::hours(1));
    for (const char* name : {"a", "b"})
      view.nodes.push_back({.node_id = name, .total = {.num_cpus = 64, .num_gpus = gpus_of_each_node}});
    DeploymentTarget target{.key = {"app", "D"}, .version = "one", .num_replicas = gangs * size};
    target.resources = {.num_cpus = 1, .num_gpus = 1};
    target.placement.gang_size = size;
    target.started = true;
    view.deployments.push_back(target);
  }

  DeploymentTarget& target() { return view.deployments.front(); }
  Plan turn() {
    ++view.gang_epoch;
    view.now += milliseconds(10);
    Plan plan = reconcile(view);
    for (const StopReplica& stop : plan.stops) find(stop.id)->phase = ReplicaPhase::Stopping;
    for (const StartReplica& start : plan.starts) {
      ReplicaView replica{.id = fmt::format("r{}", next_++), .key = start.key, .version = target().version};
      replica.node_id = start.placement.node_id;
      replica.resources = target().resources;
      replica.gpus = start.placement.gpus;
      replica.rank = start.rank;
      replica.world_size = start.world_size;
      replica.gang_id = start.gang_id;
      replica.gang_epoch = start.gang_epoch;
      replica.since = view.now;
      view.replicas.push_back(replica);
    }
    return plan;
  }
  ReplicaView* find(const std::string& id) { return &*std::ranges::find(view.replicas, id, &ReplicaView::id); }
  void all_run() {
    for (ReplicaView& replica : view.replicas)
      if (replica.phase == ReplicaPhase::Starting) replica.phase = ReplicaPhase::Running;
  }
  void the_stopped_end() {
    std::erase_if(view.replicas, [](const ReplicaView& one) { return one.phase == ReplicaPhase::Stopping; });
  }
  void settle() {
    for (int i = 0; i < 6; ++i) {
      turn();
      all_run();
      the_stopped_end();
    }
  }
  std::size_t serving() const {
    std::vector<const ReplicaView*> running;
    for (const ReplicaView& replica : view.replicas)
      if (replica.phase == ReplicaPhase::Running && !replica.unhealthy) running.push_back(&replica);
    EXPECT_EQ(members_of_incomplete_gangs(running).size() +
                  complete_gangs(running).size() * static_cast<std::size_t>(view.deployments[0].placement.gang_size),
              running.size());
    return complete_gangs(running).size();
  }

  ClusterView view;

 private:
  int next_ = 0;
};

TEST(GangTest, StartsWholeGangsWithRanksAndOneEpoch) {
  GangWorld world(2, 3);
  const Plan plan = world.turn();
  ASSERT_EQ(plan.starts.size(), 6u);
  for (int i = 0; i < 6; ++i) {
    const StartReplica& start = plan.starts[static_cast<std::size_t>(i)];
    EXPECT_EQ(start.rank, i % 3);
    EXPECT_EQ(start.world_size, 3);
    EXPECT_EQ(start.gang_id, i < 3 ? "app#D#gang-0" : "app#D#gang-1");
    EXPECT_EQ(start.gang_epoch, plan.starts[0].gang_epoch);
  }
}

TEST(GangTest, MembersOnOneNodeHaveNeighbouringRanks) {
  GangWorld world(1, 6);
  const Plan plan = world.turn();
  ASSERT_EQ(plan.starts.size(), 6u);
  int changes = 0;
  for (std::size_t i = 1; i < 6; ++i)
    changes += plan.starts[i].placement.node_id != plan.starts[i - 1].placement.node_id;
  EXPECT_EQ(changes, 1);
}

TEST(GangTest, AGangThatDoesNotFitIsPendingAsAWhole) {
  GangWorld world(3, 3);
  const Plan plan = world.turn();
  EXPECT_EQ(plan.starts.size(), 6u) << "8 devices hold two gangs of 3";
  EXPECT_EQ(plan.pending_replicas.at({"app", "D"}), 3);
  EXPECT_EQ(plan.pending.at({"app", "D"}),
            "pending: gang of 3 (PACK): needs 3 GPUs, 3 CPUs; all nodes together: GPU 2 free < 3");
}

TEST(GangTest, ServesOnlyWhenEveryMemberRuns) {
  GangWorld world(1, 3);
  world.turn();
  world.view.replicas[0].phase = ReplicaPhase::Running;
  world.view.replicas[1].phase = ReplicaPhase::Running;
  EXPECT_EQ(world.serving(), 0u);
  world.view.replicas[2].phase = ReplicaPhase::Running;
  EXPECT_EQ(world.serving(), 1u);
  world.view.replicas[1].unhealthy = true;
  EXPECT_EQ(world.serving(), 0u);
}

TEST(GangTest, TheDeathOfOneMemberStopsTheOthersAndThenStartsAllAgain) {
  GangWorld world(1, 4);
  world.settle();
  const std::uint64_t before = world.view.replicas[0].gang_epoch;
  world.view.replicas.erase(world.view.replicas.begin() + 2);
  Plan plan = world.turn();
  EXPECT_EQ(plan.stops.size(), 3u);
  EXPECT_LE(plan.stops[0].grace_s, 5);
  EXPECT_TRUE(plan.starts.empty()) << "devices are free, but the old life of the gang is not over";
  EXPECT_EQ(plan.pending.at({"app", "D"}),
            "gang app#D#gang-0 has lost a member and restarts when its other 3 processes have ended");
  world.view.replicas.pop_back();
  EXPECT_TRUE(world.turn().starts.empty()) << "two still end";
  world.the_stopped_end();
  plan = world.turn();
  ASSERT_EQ(plan.starts.size(), 4u);
  EXPECT_EQ(plan.starts[0].gang_id, "app#D#gang-0");
  EXPECT_GT(plan.starts[0].gang_epoch, before);
}

TEST(GangTest, AnUnhealthyMemberTakesTheGangWithIt) {
  GangWorld world(2, 2);
  world.settle();
  world.view.replicas[3].unhealthy = true;
  const Plan plan = world.turn();
  std::set<std::string> stopped;
  for (const StopReplica& stop : plan.stops) stopped.insert(world.find(stop.id)->gang_id);
  EXPECT_EQ(plan.stops.size(), 2u);
  EXPECT_EQ(stopped, (std::set<std::string>{"app#D#gang-1"})) << "the other gang serves on";
}

TEST(GangTest, AFailedStartOfOneMemberStopsTheOthers) {
  GangWorld world(1, 3);
  world.turn();
  world.view.replicas.pop_back();
  const Plan plan = world.turn();
  EXPECT_EQ(plan.stops.size(), 2u);
  for (const StopReplica& stop : plan.stops) EXPECT_EQ(stop.grace_s, 0) << "it never served";
}

TEST(GangTest, ScalingDownTakesWholeGangs) {
  GangWorld world(3, 2);
  world.settle();
  world.target().num_replicas = 2;
  const Plan plan = world.turn();
  ASSERT_EQ(plan.stops.size(), 4u);
  world.the_stopped_end();
  EXPECT_EQ(world.serving(), 1u);
}

TEST(GangTest, ANumberThatIsNoMultipleIsRoundedUpToWholeGangs) {
  GangWorld world(1, 4);
  world.target().num_replicas = 5;
  EXPECT_EQ(world.turn().starts.size(), 8u);
}

TEST(GangTest, AnUpdateExchangesWholeGangs) {
  GangWorld world(2, 2);
  world.settle();
  world.target().version = "two";
  Plan plan = world.turn();
  EXPECT_EQ(plan.starts.size(), 2u);
  EXPECT_TRUE(plan.stops.empty());
  std::size_t least = world.serving();
  for (int i = 0; i < 10; ++i) {
    world.all_run();
    world.turn();
    least = std::min(least, world.serving());
    world.the_stopped_end();
  }
  EXPECT_GE(least, 2u) << "never below the wanted number";
  EXPECT_EQ(world.view.replicas.size(), 4u);
  for (const ReplicaView& replica : world.view.replicas) EXPECT_EQ(replica.version, "two");
}

TEST(GangTest, AMemberFoundAloneAfterARestartOfTheControllerIsStopped) {
  GangWorld world(1, 2);
  world.settle();
  world.view.replicas.pop_back();
  world.view.replicas[0].phase = ReplicaPhase::Recovering;
  EXPECT_EQ(world.turn().stops.size(), 1u);
}

// Members die, become unhealthy, start and end in any order; the number of gangs and the version change.
void random_step(GangWorld& world, std::mt19937_64& random) {
  auto& replicas = world.view.replicas;
  const auto one = [&]() -> ReplicaView& { return replicas[random() % replicas.size()]; };
  switch (random() % 10) {
    case 0:
      if (!replicas.empty()) replicas.erase(replicas.begin() + static_cast<std::ptrdiff_t>(random() % replicas.size()));
      break;
    case 1:
      if (!replicas.empty()) one().unhealthy = true;
      break;
    case 2:
      world.target().num_replicas = static_cast<int>(random() % 3) * world.target().placement.gang_size;
      break;
    case 3:
      if (random() % 4 == 0) world.target().version = fmt::format("v{}", random() % 3);
      break;
    case 4:
    case 5:
      if (!replicas.empty() && one().phase == ReplicaPhase::Starting) one().phase = ReplicaPhase::Running;
      break;
    case 6:
      world.all_run();
      break;
    default:
      std::erase_if(replicas,
                    [&](const ReplicaView& view) { return view.phase == ReplicaPhase::Stopping && random() % 2 == 0; });
  }
}

void expect_one_life_of_each_gang(const GangWorld& world, std::uint64_t seed) {
  std::map<std::string, std::uint64_t> life;
  std::map<std::pair<std::string, int>, int> devices;
  std::set<std::pair<std::string, int>> ranks;
  for (const ReplicaView& replica : world.view.replicas) {
    const auto [known, added] = life.emplace(replica.gang_id, replica.gang_epoch);
    ASSERT_TRUE(added || known->second == replica.gang_epoch)
        << "two lives of " << replica.gang_id << ", seed " << seed;
    ASSERT_TRUE(ranks.emplace(replica.gang_id, replica.rank).second) << "a rank twice, seed " << seed;
    for (const int gpu : replica.gpus) ASSERT_EQ(++devices[std::pair(replica.node_id, gpu)], 1) << "seed " << seed;
  }
}

TEST(GangTest, WhateverHappensNoTwoLivesOfAGangMeetAndAllIsWellInTheEnd) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    std::mt19937_64 random(seed);
    GangWorld world(2, 2 + static_cast<int>(random() % 3));
    for (int step = 0; step < 60; ++step) {
      random_step(world, random);
      world.turn();
      expect_one_life_of_each_gang(world, seed);
      if (testing::Test::HasFatalFailure()) return;
    }
    world.target().num_replicas = 2 * world.target().placement.gang_size;
    for (int i = 0; i < 8; ++i) world.settle();
    ASSERT_EQ(world.serving(), 2u) << "seed " << seed;
    ASSERT_EQ(static_cast<int>(world.view.replicas.size()), world.target().num_replicas) << "seed " << seed;
  }
}

TEST(ReplicaRankTest, AReplacementTakesTheRankOfTheOneItReplaces) {
  ClusterView view;
  view.nodes = {{.node_id = "n", .total = {.num_cpus = 8}}};
  view.deployments = {{.key = {"app", "D"}, .version = "v", .num_replicas = 3}};
  Plan plan = reconcile(view);
  ASSERT_EQ(plan.starts.size(), 3u);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(plan.starts[static_cast<std::size_t>(i)].rank, i);
    EXPECT_EQ(plan.starts[static_cast<std::size_t>(i)].world_size, 3);
    if (i == 1) continue;
    view.replicas.push_back({.id = fmt::format("r{}", i), .key = {"app", "D"}, .version = "v", .node_id = "n"});
    view.replicas.back().rank = i;
  }
  plan = reconcile(view);
  ASSERT_EQ(plan.starts.size(), 1u);
  EXPECT_EQ(plan.starts[0].rank, 1);
  view.deployments[0].version = "w";
  EXPECT_EQ(reconcile(view).starts.front().rank, 0) << "each version counts for itself";
}

TEST(ReplicaRankTest, RanksOnNodesAreTheLowestThatAreFree) {
  using Place = NodeRanks::Place;
  NodeRanks ranks;
  EXPECT_EQ(ranks.take("a"), (Place{0, 0}));
  EXPECT_EQ(ranks.take("b"), (Place{1, 0}));
  EXPECT_EQ(ranks.take("a"), (Place{0, 1}));
  NodeRanks later;  // the first node is gone, and a replica of the second
  later.add({.id = "r", .node_id = "b", .node_rank = 1, .local_rank = 1});
  EXPECT_EQ(later.take("b"), (Place{1, 0}));
  EXPECT_EQ(later.take("c"), (Place{0, 0}));
  EXPECT_EQ(later.take("d"), (Place{2, 0}));
  EXPECT_EQ(later.take("b"), (Place{1, 2}));
}

TEST(ReplicaRankTest, MembersOfGangsHaveRanksOnTheirNodesToo) {
  ClusterView view;
  view.nodes = {{.node_id = "a", .total = {.num_cpus = 2}}, {.node_id = "b", .total = {.num_cpus = 2}}};
  view.deployments = {{.key = {"app", "D"}, .version = "v", .num_replicas = 4}};
  view.deployments[0].placement.gang_size = 2;
  std::set<std::tuple<std::string, int, int>> places;
  for (const StartReplica& start : reconcile(view).starts)
    places.emplace(start.placement.node_id, start.node_rank, start.local_rank);
  const int first = places.contains({"a", 0, 0}) ? 0 : 1;
  EXPECT_THAT(places, ::testing::UnorderedElementsAre(std::tuple("a", first, 0), std::tuple("a", first, 1),
                                                      std::tuple("b", 1 - first, 0), std::tuple("b", 1 - first, 1)));
}

}  // namespace
}  // namespace manta::control
