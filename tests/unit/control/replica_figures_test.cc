#include "control/replica_figures.h"

#include <gmock/gmock.h>

namespace manta::control {
namespace {

using testing::HasSubstr;
using testing::Not;

const DeploymentKey kDeployment{"app", "D"};

TEST(ReplicaFiguresTest, TellStartsAndHealthOfEachReplica) {
  ReplicaFigures figures;
  figures.started("app#D#1", kDeployment);
  figures.set_healthy("app#D#1", kDeployment, true);
  figures.check_failed("app#D#2", kDeployment);
  const std::string text = figures.text({});
  EXPECT_THAT(text,
              HasSubstr("deployment_replica_starts{application=\"app\",deployment=\"D\",replica=\"app#D#1\"} 1\n"));
  EXPECT_THAT(text,
              HasSubstr("deployment_replica_healthy{application=\"app\",deployment=\"D\",replica=\"app#D#1\"} 1\n"));
  EXPECT_THAT(text,
              HasSubstr("health_check_failures_total{application=\"app\",deployment=\"D\",replica=\"app#D#2\"} 1\n"));
}

TEST(ReplicaFiguresTest, AReplicaThatHasEndedIsShownAMinuteLonger) {
  ReplicaFigures figures;
  const TimePoint begin{};
  figures.started("app#D#1", kDeployment);
  figures.started("app#D#2", kDeployment);
  figures.ended("app#D#1", kDeployment, begin);
  EXPECT_THAT(figures.text(begin + std::chrono::seconds(59)),
              HasSubstr("deployment_replica_healthy{application=\"app\",deployment=\"D\",replica=\"app#D#1\"} 0\n"));
  const std::string later = figures.text(begin + std::chrono::seconds(60));
  EXPECT_THAT(later, Not(HasSubstr("app#D#1")));
  EXPECT_THAT(later, HasSubstr("app#D#2"));
}

}  // namespace
}  // namespace manta::control
