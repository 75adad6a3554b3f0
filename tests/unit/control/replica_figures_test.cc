#include "control/replica_figures.h"

#include <gmock/gmock.h>

namespace manta::control {
namespace {

using testing::HasSubstr;
using testing::Not;

const DeploymentKey kDeployment{"app", "D"};

TEST(ReplicaFiguresTest, TellStartsAndHealthOfEachReplica) {
  Metrics metrics;
  ReplicaFigures figures(metrics);
  figures.started("app#D#1", kDeployment);
  figures.set_healthy("app#D#1", kDeployment, true);
  figures.check_failed("app#D#2", kDeployment);
  const std::string text = metrics.text();
  EXPECT_THAT(text,
              HasSubstr("deployment_replica_starts{application=\"app\",deployment=\"D\",replica=\"app#D#1\"} 1\n"));
  EXPECT_THAT(text,
              HasSubstr("deployment_replica_healthy{application=\"app\",deployment=\"D\",replica=\"app#D#1\"} 1\n"));
  EXPECT_THAT(text,
              HasSubstr("health_check_failures_total{application=\"app\",deployment=\"D\",replica=\"app#D#2\"} 1\n"));
}

TEST(ReplicaFiguresTest, AReplicaThatHasEndedIsShownAMinuteLonger) {
  Metrics metrics;
  ReplicaFigures figures(metrics);
  const TimePoint begin{};
  figures.started("app#D#1", kDeployment);
  figures.started("app#D#2", kDeployment);
  figures.ended("app#D#1", kDeployment, begin);
  figures.forget(begin + std::chrono::seconds(59));
  EXPECT_THAT(metrics.text(),
              HasSubstr("deployment_replica_healthy{application=\"app\",deployment=\"D\",replica=\"app#D#1\"} 0\n"));
  figures.forget(begin + std::chrono::seconds(60));
  EXPECT_THAT(metrics.text(), Not(HasSubstr("app#D#1")));
  EXPECT_THAT(metrics.text(), HasSubstr("app#D#2"));
}

TEST(ReplicaFiguresTest, ReplicasAreForgottenAlthoughNobodyLooks) {
  Metrics metrics;
  ReplicaFigures figures(metrics);
  figures.started("app#D#1", kDeployment);
  figures.started("app#D#2", kDeployment);
  figures.ended("app#D#1", kDeployment, TimePoint{});
  figures.ended("app#D#2", kDeployment, TimePoint{} + ReplicaFigures::kKept);
  EXPECT_THAT(metrics.text(), Not(HasSubstr("app#D#1")));
}

TEST(ReplicaFiguresTest, SeriesOfADeploymentGoAMinuteAfterItUnlessItIsThereAgain) {
  Metrics metrics;
  ReplicaFigures figures(metrics);
  const TimePoint begin{};
  figures.took(ReplicaStep::Startup, {"app", "D"}, std::chrono::seconds(1));
  figures.took(ReplicaStep::Startup, {"app", "E"}, std::chrono::seconds(1));
  figures.ended({"app", "D"}, begin);
  figures.ended({"app", "E"}, begin);
  figures.took(ReplicaStep::Startup, {"app", "E"}, std::chrono::seconds(1));
  figures.forget(begin + ReplicaFigures::kKept);
  EXPECT_THAT(metrics.text(), Not(HasSubstr("deployment=\"D\"")));
  EXPECT_THAT(metrics.text(), HasSubstr("replica_startup_latency_ms_count{application=\"app\",deployment=\"E\"} 2\n"));
}

}  // namespace
}  // namespace manta::control
