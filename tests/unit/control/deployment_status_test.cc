#include "control/deployment_status.h"

#include <gtest/gtest.h>

namespace manta::control {
namespace {

DeploymentFacts facts(int num_replicas, std::vector<ReplicaPhase> phases, Goal goal = Goal::Update) {
  DeploymentFacts facts{.target = {.key = {"app", "D"}, .version = "v", .num_replicas = num_replicas}, .goal = goal};
  for (const ReplicaPhase phase : phases) facts.replicas.push_back({.phase = phase});
  return facts;
}

using enum ReplicaPhase;

TEST(DeploymentStatusTest, IsUpdatingUntilAllRun) {
  const auto status = deployment_status(facts(2, {Running, Starting}));
  EXPECT_EQ(status.status, "UPDATING");
  EXPECT_EQ(status.status_trigger, "CONFIG_UPDATE_STARTED");
  EXPECT_EQ(status.replica_states, (std::map<std::string, int>{{"RUNNING", 1}, {"STARTING", 1}}));
}

TEST(DeploymentStatusTest, IsHealthyAtTheTarget) {
  EXPECT_EQ(deployment_status(facts(1, {Running})).status, "HEALTHY");
  EXPECT_EQ(deployment_status(facts(1, {Running})).status_trigger, "CONFIG_UPDATE_COMPLETED");
  EXPECT_EQ(deployment_status(facts(1, {Running, Stopping}, Goal::Downscale)).status_trigger, "DOWNSCALE_COMPLETED");
  EXPECT_EQ(deployment_status(facts(1, {Running}, Goal::Upscale)).status_trigger, "UPSCALE_COMPLETED");
}

TEST(DeploymentStatusTest, ScalingHasItsOwnStatus) {
  EXPECT_EQ(deployment_status(facts(2, {Running, Starting}, Goal::Upscale)).status, "UPSCALING");
  EXPECT_EQ(deployment_status(facts(1, {Running, Running}, Goal::Downscale)).status, "DOWNSCALING");
}

TEST(DeploymentStatusTest, ACrashIsUnhealthyAndSaysWhy) {
  auto crashed = facts(1, {Starting}, Goal::Recover);
  crashed.last_failure = "replica r ended: killed by signal 9\nlast line";
  const auto status = deployment_status(crashed);
  EXPECT_EQ(status.status, "UNHEALTHY");
  EXPECT_EQ(status.status_trigger, "HEALTH_CHECK_FAILED");
  EXPECT_EQ(status.message, crashed.last_failure);
}

TEST(DeploymentStatusTest, PendingReplicasSayWhy) {
  auto waiting = facts(1, {});
  waiting.pending = "pending: needs 2 GPUs, the largest free is 1";
  EXPECT_EQ(deployment_status(waiting).message, waiting.pending);
}

TEST(DeploymentStatusTest, StartFailuresShowTheErrorAndHowManyTriesAreLeft) {
  auto failing = facts(1, {Starting});
  failing.target.failures.start_failures = 1;
  failing.last_failure = "Model: no such file";
  const auto status = deployment_status(failing);
  EXPECT_EQ(status.status, "UPDATING");
  EXPECT_EQ(status.message,
            "The deployment failed to start 1 time in a row. Retrying 2 more times. Error:\nModel: no such file");
}

TEST(DeploymentStatusTest, WhatHasServedIsTriedAgainForEver) {
  auto failing = facts(1, {Starting});
  failing.proven = true;
  failing.target.failures.start_failures = 7;
  failing.last_failure = "Model: no such file";
  EXPECT_EQ(deployment_status(failing).message,
            "The deployment failed to start 7 times in a row. It is tried again. Error:\nModel: no such file");
}

TEST(DeploymentStatusTest, CountsTheReplicasThatHaveTheirNewSettings) {
  auto telling = facts(3, {Running, Running, Running});
  telling.replicas[1].outdated = true;
  EXPECT_EQ(deployment_status(telling).status, "UPDATING");
  EXPECT_EQ(deployment_status(telling).message, "new settings: 2 of 3 replicas have them");
}

TEST(DeploymentStatusTest, AFailedDeployIsTerminal) {
  auto failed = facts(1, {});
  failed.target.failures.start_failures = 3;
  failed.target.deploy_failed = true;
  failed.last_failure = "no";
  const auto status = deployment_status(failed);
  EXPECT_EQ(status.status, "DEPLOY_FAILED");
  EXPECT_EQ(status.status_trigger, "REPLICA_STARTUP_FAILED");
  EXPECT_EQ(status.message, "The deployment failed to start 3 times in a row. Error:\nno");
}

TEST(ApplicationStatusTest, TheWorstDeploymentDecides) {
  const spec::DeploymentStatus healthy{.status = "HEALTHY"}, updating{.status = "UPDATING"},
      unhealthy{.status = "UNHEALTHY", .message = "m"}, failed{.status = "DEPLOY_FAILED", .message = "why"};
  EXPECT_EQ(application_status({{"A", healthy}, {"B", healthy}}, false, "", 1).status, "RUNNING");
  EXPECT_EQ(application_status({{"A", healthy}, {"B", updating}}, false, "", 1).status, "DEPLOYING");
  EXPECT_EQ(application_status({{"A", updating}, {"B", unhealthy}}, false, "", 1).status, "UNHEALTHY");
  EXPECT_EQ(application_status({{"A", unhealthy}, {"B", failed}}, false, "", 1).status, "DEPLOY_FAILED");
  EXPECT_EQ(application_status({{"A", unhealthy}, {"B", failed}}, false, "", 1).message, "A: m\nB: why");
  EXPECT_EQ(application_status({{"A", healthy}}, true, "", 1).status, "DELETING");
}

}  // namespace
}  // namespace manta::control
