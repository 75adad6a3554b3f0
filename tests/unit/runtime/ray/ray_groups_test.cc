#include <gmock/gmock.h>

#include <csignal>

#include "ray_backend_fixture.h"

namespace manta::runtime {
namespace {

using RayGroupsTest = RayBackendFixture;
using ::testing::HasSubstr;
using ::testing::Not;

TEST_F(RayGroupsTest, AReplicaWithSeveralBundlesHasAGroupOfItsOwnUntilItEnds) {
  RayBackend& backend = open("{}");
  ReplicaProcess engine = process("e");
  engine.bundles = {{.node_id = "n2", .resources = {.num_cpus = 1}}, {.node_id = "n3", .resources = {.num_gpus = 1}}};
  const auto started = run(backend.start(engine));
  ASSERT_TRUE(started) << started.error().message;
  EXPECT_EQ(started->node_id, "n2");
  EXPECT_THAT(read("state.json"), HasSubstr("bundles/e"));
  ASSERT_TRUE(run(backend.stop("e", 0)));
  run_until([&] { return times("remove_group bundles/e") == 1; });
  run_until([&] { return !read("state.json").contains("bundles/e\": ["); });
}

Task<void> give_back(RayBackend& backend, bool& done) {
  co_await backend.given_back(std::chrono::hours(1));
  done = true;
}

TEST_F(RayGroupsTest, WhoEndsMayWaitUntilAllGroupsAreGone) {
  RayBackend& backend = open("{}");
  ReplicaProcess engine = process("e");
  engine.bundles = {{.node_id = "n2", .resources = {.num_cpus = 1}}, {.node_id = "n3", .resources = {.num_gpus = 1}}};
  ASSERT_TRUE(run(backend.start(engine)));
  ASSERT_TRUE(run(backend.stop("e", 0)));
  run_until([&] { return exits_.size() == 1; });
  bool done = false;
  scope_.spawn(give_back(backend, done));
  run_until([&] { return done; });
  EXPECT_THAT(read("state.json"), Not(HasSubstr("bundles/e\": [")));
}

TEST_F(RayGroupsTest, AGangIsReservedOnceAndGivenBackWithItsLastMember) {
  RayBackend& backend = open("{}");
  std::optional<Result<ObservedReplica>> first;
  scope_.spawn(keep(backend.start(member("m1", 2)), first));
  ASSERT_TRUE(run(backend.start(member("m2", 2))));
  run_until([&] { return first.has_value(); });
  ASSERT_TRUE(*first);
  EXPECT_EQ(times("create_group gang/g.1"), 1);
  ASSERT_TRUE(run(backend.stop("m1", 0)));
  run_until([&] { return exits_.size() == 1; });
  EXPECT_EQ(times("remove_group gang/g.1"), 0);
  ASSERT_TRUE(run(backend.stop("m2", 0)));
  run_until([&] { return times("remove_group gang/g.1") == 1; });
}

TEST_F(RayGroupsTest, WhatCannotBeReservedIsWithdrawnForAllMembers) {
  RayBackend& backend = open(R"({"lives": [{"rules": [{"op": "wait_group", "do": "refuse"}]}]})");
  std::optional<Result<ObservedReplica>> first;
  scope_.spawn(keep(backend.start(member("m1", 2)), first));
  EXPECT_FALSE(run(backend.start(member("m2", 2))));
  run_until([&] { return first.has_value() && times("remove_group gang/g.1") >= 1; });
  EXPECT_FALSE(*first);
  EXPECT_EQ(times("start m1") + times("start m2"), 0);
}

TEST_F(RayGroupsTest, AGangThatStaysIncompleteFails) {
  const auto alone = run(open("{}").start(member("m1", 2)));
  ASSERT_FALSE(alone);
  EXPECT_THAT(alone.error().message, HasSubstr("1 of 2 members"));
  EXPECT_EQ(times("create_group gang/g.1"), 0);
}

TEST_F(RayGroupsTest, StoppingAMemberThatWaitsFailsTheOthers) {
  RayBackend& backend = open("{}");
  std::optional<Result<ObservedReplica>> first, second;
  scope_.spawn(keep(backend.start(member("m1", 3)), first));
  scope_.spawn(keep(backend.start(member("m2", 3)), second));
  ASSERT_TRUE(run(backend.stop("m1", 0)));
  run_until([&] { return first.has_value() && second.has_value(); });
  EXPECT_FALSE(*first);
  EXPECT_FALSE(*second);
}

TEST_F(RayGroupsTest, ABridgeThatDiesWhileReservingCostsNothing) {
  RayBackend& backend = open(R"({"lives": [{"rules": [{"op": "wait_group", "do": "die"}]}]})");
  ReplicaProcess engine = process("e");
  engine.bundles.assign(2, {.node_id = "n2", .resources = {.num_cpus = 1}});
  EXPECT_TRUE(run(backend.start(engine)));
}

TEST_F(RayGroupsTest, GroupsWithoutMembersAreRemovedByTheNextController) {
  open("{}");
  ReplicaProcess engine = process("e"), other = process("f");
  engine.bundles = other.bundles = {2, {.node_id = "n2", .resources = {.num_cpus = 1}}};
  ASSERT_TRUE(run(backend_->start(engine)));
  ASSERT_TRUE(run(backend_->start(other)));
  std::string state = read("state.json");
  const std::size_t at = state.find("\"e\": {");
  ASSERT_NE(at, std::string::npos);
  ::kill(backend_->bridge_pid(), SIGKILL);
  backend_.reset();
  std::ofstream(folder_ + "/state.json") << state.erase(at, state.find("}, \"f\"") + 3 - at);
  open_again();
  run_until([&] { return times("remove_group bundles/e") == 1; });
  EXPECT_EQ(times("remove_group bundles/f"), 0);
}

}  // namespace
}  // namespace manta::runtime
