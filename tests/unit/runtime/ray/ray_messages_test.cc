#include "runtime/ray/ray_messages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <manta/detail/json.h>

namespace manta::runtime {
namespace {

using ::testing::ElementsAre;

ReplicaProcess process() {
  return {.id = "a#D#1",
          .arguments = {"--id", "a#D#1"},
          .environment = {{"MODE", "x"}, {"CUDA_VISIBLE_DEVICES", "3"}, {"MANTA_CLUSTER_TOKEN", "forged"}},
          .resources = {.num_cpus = 2,
                        .accelerator_type = "T4",
                        .label_selector = {{"zone", "a"}},
                        .fallback_strategy = {{.label_selector = {{"zone", "b"}}}}},
          .labels = R"({"application":"a"})",
          .node_id = "n1"};
}

ReplicaLaunch launch() { return {.program = "/opt/manta", .environment = {{"MANTA_CLUSTER_TOKEN", "true"}}}; }

TEST(RayMessagesTest, AReplicaIsExecutedWithItsListeningDescriptor) {
  EXPECT_THAT(start_message(process(), launch(), {}).argv,
              ElementsAre("/opt/manta", "replica", "--id", "a#D#1", "--listen-fd", "{listen_fd}"));
  ReplicaProcess own = process();
  own.program = "/app/artifact";
  EXPECT_EQ(start_message(own, launch(), {}).argv[0], "/opt/manta") << "it fetches the program and becomes it";
}

TEST(RayMessagesTest, RayTellsTheDevicesAndTheInstanceItsToken) {
  EXPECT_THAT(start_message(process(), launch(), {}).environment,
              ElementsAre(std::pair("GLIBC_TUNABLES", "glibc.malloc.tcache_count=512"),
                          std::pair("MANTA_CLUSTER_TOKEN", "true"), std::pair("MODE", "x")));
}

TEST(RayMessagesTest, ADecidedNodeIsAffinityAndNoCondition) {
  const BridgeStart start = start_message(process(), launch(), {});
  EXPECT_EQ(start.affinity, (BridgeAffinity{.node_id = "n1", .soft = false}));
  EXPECT_EQ(start.resources, (Resources{.num_cpus = 2}));
}

TEST(RayMessagesTest, WithoutADecidedNodeRayObeysTheConditions) {
  ReplicaProcess anywhere = process();
  anywhere.node_id.clear();
  const BridgeStart start = start_message(anywhere, launch(), {});
  EXPECT_FALSE(start.affinity);
  EXPECT_EQ(start.resources, anywhere.resources);
}

TEST(RayMessagesTest, APlaceInAGroupReplacesTheAffinity) {
  const BridgeStart start = start_message(process(), launch(), BridgeGroupPlace{.name = "gang/g", .bundle = 2});
  EXPECT_FALSE(start.affinity);
  EXPECT_EQ(start.group, (BridgeGroupPlace{.name = "gang/g", .bundle = 2}));
}

TEST(RayMessagesTest, OnlySmallReplicasShareASupervisor) {
  ReplicaLaunch sharing = launch();
  sharing.share_supervisors = true;
  EXPECT_TRUE(start_message(process(), sharing, {}).shared);
  EXPECT_FALSE(start_message(process(), launch(), {}).shared);
  EXPECT_FALSE(start_message(process(), sharing, BridgeGroupPlace{}).shared);
  ReplicaProcess with_gpu = process();
  with_gpu.resources.num_gpus = 0.5;
  EXPECT_FALSE(start_message(with_gpu, sharing, {}).shared);
  ReplicaProcess undecided = process();
  undecided.node_id.clear();
  EXPECT_FALSE(start_message(undecided, sharing, {}).shared) << "Ray tries the fallbacks of an actor's own only";
}

TEST(RayMessagesTest, OnlyWhatHoldsBundlesForItsChildrenJoinsTheCluster) {
  ReplicaProcess engine = process();
  engine.bundles = {{.node_id = "n1"}, {.node_id = "n2"}};
  EXPECT_TRUE(start_message(engine, launch(), BridgeGroupPlace{}).join);
  EXPECT_FALSE(start_message(process(), launch(), {}).join);
}

TEST(RayMessagesTest, AMessageIsReadAsTheBridgeReadsIt) {
  const auto text = detail::to_json(start_message(process(), launch(), BridgeGroupPlace{.name = "g"}));
  ASSERT_TRUE(text);
  EXPECT_THAT(*text, ::testing::HasSubstr(R"("group":{"name":"g","bundle":0})"));
  EXPECT_THAT(*text, ::testing::HasSubstr(R"("affinity":null)"));
}

TEST(RayMessagesTest, WhatAReplicaHoldsComesBackWithIt) {
  const BridgeStart start = start_message(process(), launch(), {});
  const BridgeObserved observed{
      .id = "a#D#1", .labels = start.labels, .node_id = "n1", .address = "tcp:10.0.0.2:41001", .pid = 7};
  const ObservedReplica replica = replica_of(observed);
  EXPECT_EQ(replica.labels, R"({"application":"a"})");
  EXPECT_EQ(replica.address, "10.0.0.2:41001");
  ASSERT_EQ(note_of(observed).bundles.size(), 1u);
  EXPECT_EQ(note_of(observed).bundles[0].node_id, "n1");
  EXPECT_EQ(note_of(observed).bundles[0].resources.num_cpus, 2);
}

TEST(RayMessagesTest, ForeignLabelsAreGivenBackAsTheyAre) {
  EXPECT_EQ(replica_of({.id = "x", .labels = "not ours"}).labels, "not ours");
}

TEST(RayMessagesTest, WhoNeedsAGroup) {
  ReplicaProcess one = process();
  EXPECT_FALSE(needs_group(one));
  one.bundles = {{.node_id = "n1", .resources = one.resources}};
  EXPECT_FALSE(needs_group(one));
  one.bundles[0].resources.num_gpus = 1;
  EXPECT_TRUE(needs_group(one)) << "the bundle holds more than the process: it is for its children";
  one.bundles.assign(2, {.node_id = "n1", .resources = one.resources});
  EXPECT_TRUE(needs_group(one));
  ReplicaProcess member = process();
  member.gang_id = "g.1";
  EXPECT_TRUE(needs_group(member));
}

TEST(RayMessagesTest, ABundleIsNeverEmpty) {
  EXPECT_EQ(bundle_amounts({.num_cpus = 0}), (Amounts{{"CPU", 0.001}}));
  EXPECT_EQ(bundle_amounts({.num_cpus = 0, .num_gpus = 0.5, .memory = 1e9, .resources = {{"slot", 1}, {"none", 0}}}),
            (Amounts{{"GPU", 0.5}, {"memory", 1e9}, {"slot", 1}}));
}

TEST(RayMessagesTest, AnEndWithoutExitCodeSaysWhy) {
  const ReplicaExit exit = exit_of({.id = "x", .last_output = "bye", .reason = "its node was lost"});
  EXPECT_EQ(exit.exit_code, -1);
  EXPECT_EQ(exit.last_output, "its node was lost\nbye");
}

TEST(RayMessagesTest, AnErrorNamesTheRemedy) {
  const Error error =
      error_of(BridgeError{"Unavailable", "token_refused", "the token is refused", "set RAY_AUTH_TOKEN"});
  EXPECT_EQ(error.code, ErrorCode::Unavailable);
  EXPECT_EQ(error.message, "the token is refused; set RAY_AUTH_TOKEN");
  EXPECT_EQ(error.detail, "token_refused");
}

TEST(RayMessagesTest, TheHelloHasTheNamesOfTheProtocol) {
  const auto hello =
      hello_text({.manta = "1.2", .address = "10.0.0.1:6379", .ray_namespace = "manta", .node_ip = "", .epoch = 4});
  ASSERT_TRUE(hello);
  EXPECT_EQ(*hello,
            R"({"address":"10.0.0.1:6379","epoch":4,"manta":"1.2","namespace":"manta","node_ip":"","protocol":1})");
}

}  // namespace
}  // namespace manta::runtime
