// Batching as the controller sees it: told while replicas run, and places that follow the batches.
#include <gmock/gmock.h>

#include "control/update_class.h"
#include "unit/control/controller_fixture.h"

namespace manta::control {
namespace {

using ::testing::HasSubstr;

using ControllerBatchingTest = ControllerTest;

TEST_F(ControllerBatchingTest, ParametersAreToldToTheReplicasThatRunAndPlacesFollow) {
  run(2);
  const auto before = backend.running();
  config.batching = {{"embed", {.max_batch_size = 32, .max_concurrent_batches = 2}}};
  ASSERT_TRUE(deploy(2));
  loop.poll();
  ASSERT_EQ(fakes.settings.size(), 2u);
  EXPECT_THAT(fakes.settings[0], HasSubstr("\"max_batch_size\":32"));
  EXPECT_EQ(snapshot().deployments.at(0)->replicas.at(0).max_ongoing_requests, 64);
  for (const auto& [id, process] : before) EXPECT_TRUE(backend.running().contains(id)) << "no restart";
}

TEST_F(ControllerBatchingTest, WhatAReplicaRaisedForItsBatchesIsPublished) {
  run(2);
  fakes.tell(first(), {.state = "RUNNING", .max_ongoing_requests = 32});
  loop.poll();
  int raised = 0;
  for (const spec::ReplicaAddress& replica : snapshot().deployments.at(0)->replicas) {
    EXPECT_EQ(replica.max_ongoing_requests, replica.id == first() ? 32 : 5);
    raised += replica.max_ongoing_requests == 32;
  }
  EXPECT_EQ(raised, 1);
  fakes.tell(first(), {.state = "RUNNING"});
  loop.poll();
  for (const spec::ReplicaAddress& replica : snapshot().deployments.at(0)->replicas)
    EXPECT_EQ(replica.max_ongoing_requests, 5);
}

TEST_F(ControllerBatchingTest, BatchesThatCannotFillAreRefused) {
  run(1);
  config.max_ongoing_requests = 8;
  config.batching = {{"embed", {.max_batch_size = 32}}};
  const Result<void> deployed = deploy(1);
  ASSERT_FALSE(deployed);
  EXPECT_THAT(deployed.error().message, HasSubstr("max_ongoing_requests is 8, but batching asks for batches of 32"));
  EXPECT_TRUE(fakes.settings.empty());
}

TEST(BatchingUpdateClassTest, BatchingAndTheCacheRestartNothing) {
  for (const char* field : {"batching", "raise_for_batches", "response_cache"})
    EXPECT_EQ(name(update_class_of(field)), "reconfigure") << field;
  DeploymentConfig before, after;
  after.max_ongoing_requests = 8;
  after.raise_for_batches = false;  // follows from the other
  const auto changes = config_changes(before, after);
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].field, "max_ongoing_requests");
}

}  // namespace
}  // namespace manta::control
