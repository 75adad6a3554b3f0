// What operators are promised of several nodes, on the fake backend: replicas that wait for nodes, a handle that
// outlives a move, reservations of engines and gangs over nodes.
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "net/channel.h"
#include "routing/dispatcher.h"
#include "unit/control/controller_fixture.h"

namespace manta::control {
namespace {

class ScenariosTest : public ControllerTest {
 protected:
  // Nodes of 8 CPUs, by name, with so many GPUs each.
  void nodes(const std::vector<std::string>& names, double gpus) {
    std::vector<runtime::NodeInfo> all;
    for (const std::string& name : names) all.push_back({.node_id = name, .total = {.num_cpus = 8, .num_gpus = gpus}});
    backend.set_nodes(std::move(all));
    loop.poll();
  }
  // A node is gone, with the processes that it ran.
  void lose(const std::string& lost, const std::vector<std::string>& left, double gpus) {
    for (const auto& [id, process] : backend.running())
      if (process.node_id == lost) fakes.end(id);
    nodes(left, gpus);
    pass(std::chrono::seconds(1));
  }
  std::multiset<std::string> places() const {
    std::multiset<std::string> found;
    for (const auto& [id, process] : backend.running()) found.insert(process.node_id);
    return found;
  }
  std::map<std::string, int> states() const { return status().replica_states; }
  ReplicaView view_of(const std::string& id) const { return controller->replicas().at(id).view; }
};

TEST_F(ScenariosTest, FourReplicasOneForEachNodeRunAsNodesJoin) {
  config.max_replicas_per_node = 1;
  config.ray_actor_options.num_gpus = 1;
  nodes({"a", "b"}, 2);
  ASSERT_TRUE(deploy(4));
  settle();
  EXPECT_EQ(states(), (std::map<std::string, int>{{"RUNNING", 2}, {"PENDING", 2}}));
  EXPECT_NE(status().message.find("node a: max_replicas_per_node 1 reached"), std::string::npos) << status().message;
  nodes({"a", "b", "c", "d", "e"}, 2);
  settle();
  EXPECT_EQ(states(), (std::map<std::string, int>{{"RUNNING", 4}}));
  EXPECT_EQ(places().size(), 4u);
  for (const std::string& node : places()) EXPECT_EQ(places().count(node), 1u) << node;
}

// A caller: it knows the deployment's name and follows what the controller publishes.
class HandleScenariosTest : public ScenariosTest {
 protected:
  using Answer = std::optional<Result<net::Response>>;

  void follow() {
    for (const spec::ReplicaSet& set : snapshot().deployments) dispatcher_.update(set);
    loop.poll();
  }
  std::shared_ptr<Answer> call() {
    auto answer = std::make_shared<Answer>();
    calls_.spawn(keep(dispatcher_, answer));
    loop.poll();
    return answer;
  }
  static Task<void> keep(routing::Dispatcher& dispatcher, std::shared_ptr<Answer> answer) {
    routing::Outbound request{.method = "m",
                              .body = std::make_shared<const std::string>("{}"),
                              .context = std::make_shared<RequestContext>()};
    *answer = co_await dispatcher.call(std::move(request));
  }

 private:
  net::ReceiveBudget budget_;
  routing::Dispatcher dispatcher_{routing::RouterEnvironment{.loop = loop,
                                                             .metrics = metrics,
                                                             .logger = logger,
                                                             .connect =
                                                                 [this](const spec::ReplicaAddress& replica) {
                                                                   return std::make_unique<net::Channel>(
                                                                       loop, net::Address{replica.address},
                                                                       net::ChannelOptions{}, budget_);
                                                                 },
                                                             .handle = "test"},
                                  "app", "D", std::make_shared<routing::QueueCount>()};
  TaskScope calls_{loop};
};

TEST_F(HandleScenariosTest, AHandleFindsAReplicaThatHasMovedToAnotherNode) {
  nodes({"a", "b"}, 0);
  run(1);
  follow();
  const std::string before = first(), node_before = view_of(before).node_id;
  const std::string address_before = snapshot().deployments.at(0)->replicas.at(0).address;
  const auto answered = call();
  ASSERT_TRUE(*answered && **answered);
  EXPECT_EQ((**answered)->body, before);

  const std::string other = node_before == "a" ? "b" : "a";
  lose(node_before, {other}, 0);
  follow();
  const auto held = call();
  EXPECT_FALSE(*held) << "waits for the replica that is on its way";
  settle();
  follow();
  ASSERT_TRUE(*held && **held);
  const std::string after = first();
  EXPECT_EQ((**held)->body, after);
  EXPECT_NE(after, before);
  EXPECT_EQ(view_of(after).node_id, other);
  EXPECT_NE(snapshot().deployments.at(0)->replicas.at(0).address, address_before);
}

// An engine over four GPUs of two nodes.
class ReservationScenariosTest : public ScenariosTest {
 protected:
  void reserve() {
    config.placement_group_bundles = {4, {{"GPU", 1}}};
    config.placement_group_strategy = "SPREAD";
  }
};

TEST_F(ReservationScenariosTest, WhatAnEngineWillUseIsHeldOnEveryNodeBeforeItStarts) {
  reserve();
  nodes({"a", "b"}, 2);
  run(1);
  const auto& process = backend.running().begin()->second;
  ASSERT_EQ(process.bundles.size(), 4u) << "the process is told all that it holds";
  EXPECT_EQ(process.bundles.front().node_id, process.node_id) << "it runs in its first bundle";
  std::multiset<std::string> held;
  for (const spec::Bundle& bundle : process.bundles) held.insert(bundle.node_id);
  EXPECT_EQ(held, (std::multiset<std::string>{"a", "a", "b", "b"}));
  ASSERT_TRUE(deploy(2));
  settle();
  EXPECT_EQ(states(), (std::map<std::string, int>{{"RUNNING", 1}, {"PENDING", 1}})) << "nothing is booked twice";
  nodes({"a", "b", "c", "d"}, 2);
  settle();
  EXPECT_EQ(states(), (std::map<std::string, int>{{"RUNNING", 2}}));
}

TEST_F(ReservationScenariosTest, AGroupThatLosesANodeIsMadeAnewAsAWhole) {
  reserve();
  nodes({"a", "b"}, 2);
  run(1);
  const std::string before = first();
  const std::string other = view_of(before).node_id == "a" ? "b" : "a";
  lose(other, {view_of(before).node_id, "c"}, 2);
  settle();
  ASSERT_EQ(backend.running().size(), 1u);
  EXPECT_NE(first(), before) << "its workers on the lost node are gone";
  for (const spec::Bundle& bundle : view_of(first()).bundles) EXPECT_NE(bundle.node_id, other);
}

TEST_F(ScenariosTest, AGangThatLosesANodeRestartsTogetherElsewhere) {
  config.ray_actor_options.num_gpus = 1;
  config.gang_scheduling_config = GangSchedulingConfig{.gang_size = 4, .gang_placement_strategy = "SPREAD"};
  nodes({"a", "b"}, 2);
  run(4);
  EXPECT_EQ(places(), (std::multiset<std::string>{"a", "a", "b", "b"}));
  std::set<std::string> before;
  for (const auto& [id, process] : backend.running()) before.insert(id);
  const std::uint64_t epoch = view_of(*before.begin()).gang_epoch;
  lose("b", {"a"}, 2);
  settle();
  EXPECT_EQ(routed(), 0u) << "half a gang serves nothing";
  EXPECT_EQ(states(), (std::map<std::string, int>{{"PENDING", 4}})) << "nor does it hold anything";
  nodes({"a", "c"}, 2);
  pass(std::chrono::seconds(1));
  settle();
  EXPECT_EQ(routed(), 4u);
  EXPECT_EQ(places(), (std::multiset<std::string>{"a", "a", "c", "c"}));
  for (const auto& [id, process] : backend.running()) {
    EXPECT_FALSE(before.contains(id)) << id << " is of the earlier life";
    EXPECT_GT(view_of(id).gang_epoch, epoch);
  }
}

}  // namespace
}  // namespace manta::control
