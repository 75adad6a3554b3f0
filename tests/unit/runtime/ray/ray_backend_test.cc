#include <gmock/gmock.h>

#include <algorithm>
#include <csignal>

#include "ray_backend_fixture.h"

namespace manta::runtime {
namespace {

using RayBackendTest = RayBackendFixture;
using ::testing::HasSubstr;

TEST_F(RayBackendTest, AReplicaIsStartedListedAndStopped) {
  RayBackend& backend = open("{}");
  const auto started = run(backend.start(process("a")));
  ASSERT_TRUE(started) << started.error().message;
  EXPECT_EQ(started->address, "10.0.0.2:4100");
  EXPECT_EQ(started->node_id, "n1");
  const auto listed = run(backend.list());
  ASSERT_TRUE(listed);
  ASSERT_EQ(listed->size(), 1u);
  EXPECT_EQ(listed->at(0).labels, "label of a");
  ASSERT_TRUE(run(backend.stop("a", 1)));
  run_until([&] { return exits_.size() == 1; });
  EXPECT_EQ(exits_[0].id, "a");
  EXPECT_EQ(exits_[0].exit_code, 0);
  EXPECT_EQ(exits_[0].last_output, "bye");
}

TEST_F(RayBackendTest, AHelloThatIsRefusedIsAnErrorWithTheRemedy) {
  RayBackend& backend = open(
      R"({"lives": [{"hello": {"code": "Unavailable", "reason": "token_refused", "message": "wrong token", "remedy": "set it"}}]})");
  const auto first = run(backend.first_attempt());
  ASSERT_FALSE(first);
  EXPECT_EQ(first.error().message, "wrong token; set it");
  EXPECT_EQ(first.error().detail, "token_refused");
  EXPECT_TRUE(run(backend.list())) << "the next bridge is welcome";
}

TEST_F(RayBackendTest, ABridgeThatCannotRunSaysWhy) {
  RayBackend& backend = open(R"({"lives": [{"hello": "exit"}]})");
  const auto first = run(backend.first_attempt());
  ASSERT_FALSE(first);
  EXPECT_THAT(first.error().message, HasSubstr("exit code 1"));
  EXPECT_THAT(first.error().message, HasSubstr("No module named manta_ray"));
}

TEST_F(RayBackendTest, AStartThatIsOpenWhenTheBridgeDiesIsRepeated) {
  RayBackend& backend = open(R"({"lives": [{"rules": [{"op": "start", "id": "a", "do": "die"}]}]})");
  EXPECT_TRUE(run(backend.start(process("a"))));
  EXPECT_EQ(times("start a"), 2);
}

TEST_F(RayBackendTest, AStartWhoseAnswerWasLostRunsOnce) {
  RayBackend& backend = open(R"({"lives": [{"rules": [{"op": "start", "id": "a", "do": "start, then die"}]}]})");
  const auto started = run(backend.start(process("a")));
  ASSERT_TRUE(started);
  EXPECT_EQ(started->pid, 1001);
}

TEST_F(RayBackendTest, GarbageOfTheBridgeIsSteppedOver) {
  RayBackend& backend = open(R"({"lives": [{"rules": [{"op": "start", "id": "a", "do": "garbage"}]}]})");
  EXPECT_TRUE(run(backend.start(process("a"))));
  EXPECT_EQ(read("lives"), "1");
}

TEST_F(RayBackendTest, ALineWithoutEndEndsTheBridge) {
  RayBackend& backend = open(R"({"lives": [{"rules": [{"op": "start", "id": "a", "do": "too long"}]}]})");
  EXPECT_TRUE(run(backend.start(process("a"))));
  EXPECT_EQ(read("lives"), "2");
}

TEST_F(RayBackendTest, AnAnswerOfTheWrongFormIsAnError) {
  RayBackend& backend = open(R"({"lives": [{"rules": [{"op": "start", "id": "a", "do": "unreadable"}]}]})");
  const auto started = run(backend.start(process("a")));
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, ErrorCode::Internal);
}

TEST_F(RayBackendTest, AnErrorOfTheBridgeIsTheErrorOfTheStart) {
  RayBackend& backend = open(R"({"lives": [{"rules": [{"op": "start", "id": "a", "do": "refuse"}]}]})");
  const auto started = run(backend.start(process("a")));
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, ErrorCode::InvalidArgument);
  EXPECT_EQ(started.error().message, "no; other");
}

TEST_F(RayBackendTest, AnEndBeforeTheAnswerIsToldAfterIt) {
  RayBackend& backend = open(R"({"lives": [{"rules": [{"op": "start", "id": "a", "do": "end first"}]}]})");
  EXPECT_TRUE(run(backend.start(process("a"))));
  run_until([&] { return exits_.size() == 1; });
  EXPECT_EQ(exits_[0].id, "a");
}

TEST_F(RayBackendTest, AnEndThatNoBridgeSawIsToldAfterTheRestart) {
  open("{}");
  start("a");
  start("b");
  std::string state = read("state.json");
  const std::size_t at = state.find("\"a\": {");
  ASSERT_NE(at, std::string::npos);
  std::ofstream(folder_ + "/state.json") << state.erase(at, state.find("}, \"b\"") + 3 - at);
  ::kill(backend_->bridge_pid(), SIGKILL);
  run_until([&] { return exits_.size() == 1; });
  EXPECT_EQ(exits_[0].id, "a");
  EXPECT_THAT(exits_[0].last_output, HasSubstr("while no bridge"));
}

TEST_F(RayBackendTest, AStartThatIsGivenUpIsWithdrawn) {
  RayBackend& backend = open(R"({"lives": [{"rules": [{"op": "start", "id": "a", "do": "wait"}]}]})");
  std::optional<Result<ObservedReplica>> never;
  const auto id = scope_.spawn(keep(backend.start(process("a")), never));
  run_until([&] { return times("start a") == 1; });
  scope_.cancel(id);
  run_until([&] { return times("stop a") == 1; });
}

TEST_F(RayBackendTest, AStartThatIsGivenUpWithoutABridgeIsWithdrawnByTheNext) {
  RayBackend& backend =
      open(R"({"lives": [{"rules": [{"op": "start", "id": "a", "do": "start, then die"}]}, {"hello": "exit"}]})");
  std::optional<Result<ObservedReplica>> never;
  const auto id = scope_.spawn(keep(backend.start(process("a")), never));
  run_until([&] { return read("lives") == "2"; });
  scope_.cancel(id);
  run_until([&] { return times("stop a") >= 1; });
}

TEST_F(RayBackendTest, TheNextControllerFindsWhatRunsAndWithdrawsWhatWaits) {
  RayBackend& backend = open(R"({"lives": [{"rules": [{"op": "start", "id": "b", "do": "wait"}]}]})");
  start("a");
  std::optional<Result<ObservedReplica>> never;
  scope_.spawn(keep(backend.start(process("b")), never));
  run_until([&] { return read("state.json").contains("pending"); });
  ::kill(backend.bridge_pid(), SIGKILL);
  scope_.cancel_all();
  RayBackend& next = open_again();
  const auto listed = run(next.list());
  ASSERT_TRUE(listed);
  ASSERT_EQ(listed->size(), 1u);
  EXPECT_EQ(listed->at(0).id, "a");
  run_until([&] { return times("stop b") >= 1; });
}

TEST_F(RayBackendTest, ALaterControllerEndsThisOne) {
  RayBackend& backend = open(R"({"lives": [{"events": [{"event": "superseded", "data": {"latest_epoch": 9}}]}]})");
  bool told = false;
  backend.on_superseded([&] { told = true; });
  run_until([&] { return told; });
}

TEST_F(RayBackendTest, AHelloOfAPastEpochIsTheEndToo) {
  RayBackend& backend = open(
      R"({"lives": [{"hello": {"code": "Unavailable", "reason": "epoch_is_past", "message": "late", "remedy": ""}}]})");
  bool told = false;
  backend.on_superseded([&] { told = true; });
  run_until([&] { return told; });
  EXPECT_FALSE(run(backend.list()));
  EXPECT_EQ(read("lives"), "1") << "no further bridge is tried";
}

constexpr const char* kOneNode =
    R"({"nodes": [{"node_id": "n1", "address": "10.0.0.1", "is_head": true, "draining": false,
  "total": {"num_cpus": 8, "num_gpus": 0, "memory": 0, "resources": {}, "accelerator_type": "", "label_selector": {}},
  "available": {"num_cpus": 5, "num_gpus": 0, "memory": 0, "resources": {}, "accelerator_type": "", "label_selector": {}},
  "labels": {"zone": "a"}}]})";

TEST_F(RayBackendTest, ANodeOffersWhatIsFreeAndWhatWeHoldThere) {
  RayBackend& backend = open(kOneNode);
  const auto before = run(backend.nodes());
  ASSERT_TRUE(before);
  EXPECT_EQ(before->at(0).total.num_cpus, 5);
  EXPECT_EQ(before->at(0).machine->num_cpus, 8);
  EXPECT_TRUE(before->at(0).is_head);
  EXPECT_EQ(before->at(0).labels.at("zone"), "a");
}

TEST_F(RayBackendTest, WhatOthersTakeIsToldWhoeverElseAsks) {
  std::string nodes = kOneNode;
  RayBackend& backend = open(nodes);
  bool told = false;
  backend.on_nodes_changed([&] { told = true; });
  ASSERT_TRUE(run(backend.nodes()));
  run_until([&] { return times("nodes ") >= 3; });
  EXPECT_FALSE(told);
  plan(nodes.replace(nodes.find("\"num_cpus\": 5"), 13, "\"num_cpus\": 3"));
  ASSERT_TRUE(run(backend.nodes()));
  run_until([&] { return told; });
}

TEST_F(RayBackendTest, WhatAnEarlierControllerStartedIsOurs) {
  open(kOneNode);
  start("a");
  const auto nodes = run(open_again().nodes());
  ASSERT_TRUE(nodes);
  EXPECT_EQ(nodes->at(0).total.num_cpus, 6);
}

TEST_F(RayBackendTest, ABridgeThatDoesNotAnswerIsReplaced) {
  call_limit_ = std::chrono::milliseconds(300);
  open(R"({"lives": [{"rules": [{"op": "nodes", "do": "never"}]}]})");
  run_until([&] { return read("lives") == "2"; });
  run_until([&] { return times("list ") == 2; });
}

TEST_F(RayBackendTest, MuchThatWaitsToBeSentIsSentInTheEnd) {
  RayBackend& backend = open("{}");
  std::vector<std::optional<Result<ObservedReplica>>> answers(6);
  for (std::size_t i = 0; i < answers.size(); ++i) {
    ReplicaProcess large = process("r" + std::to_string(i));
    large.environment["DATA"] = std::string(3 << 20, 'x');
    scope_.spawn(keep(backend.start(std::move(large)), answers[i]));
  }
  run_until([&] { return std::ranges::all_of(answers, [](const auto& answer) { return answer && *answer; }); });
}

TEST_F(RayBackendTest, WhatIsTooLargeForALineIsRefused) {
  ReplicaProcess huge = process("a");
  huge.environment["DATA"] = std::string(17 << 20, 'x');
  const auto started = run(open("{}").start(std::move(huge)));
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, ErrorCode::InvalidArgument);
}

TEST_F(RayBackendTest, RolesAreToldByTheirAddress) {
  const auto roles = run(open("{}").list_roles());
  ASSERT_TRUE(roles);
  EXPECT_EQ(roles->at(0).address, "10.0.0.1:8000");
}

}  // namespace
}  // namespace manta::runtime
