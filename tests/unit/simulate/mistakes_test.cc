// Each invariant notices the fault of the simulation that it is there for.
#include <gtest/gtest.h>

#include "unit/simulate/scenario.h"

namespace manta::simulate {
namespace {

struct Case {
  Mistake mistake;
  const char* found;
  bool in_gangs = false;
};

class MistakesTest : public ::testing::TestWithParam<Case> {};

// With everything that the mistakes need in order to show: full replicas, lost connections, updates, growth.
SimulationOptions busy() {
  SimulationOptions options = one_deployment({.name = "D", .num_replicas = 4, .max_ongoing_requests = 2});
  options.applications[0].graphs[0].nodes[0].config.max_surge_percent = 25;
  options.arrivals = *Arrivals::of_pattern("poisson:36");
  for (runtime::NodeInfo& node : options.nodes) node.total.num_cpus = 3;
  options.callers = 3;
  options.updates_s = {20};
  options.faults.cut_s = 5;
  return options;
}

// The same in two gangs, of replicas with two bundles each; now and then a member dies.
SimulationOptions busy_gangs() {
  SimulationOptions options = busy();
  DeploymentConfig& config = options.applications[0].graphs[0].nodes[0].config;
  config.ray_actor_options.num_cpus = 0.25;
  config.placement_group_bundles = {{{"CPU", 0.25}}, {{"CPU", 0.25}}};
  config.gang_scheduling_config = GangSchedulingConfig{.gang_size = 2};
  options.faults.crash_s = 15;
  return options;
}

TEST_P(MistakesTest, AreNoticed) {
  SimulationOptions options = GetParam().in_gangs ? busy_gangs() : busy();
  options.mistake = GetParam().mistake;
  const std::string findings = findings_of(options);
  EXPECT_NE(findings.find(GetParam().found), std::string::npos) << findings;
}

INSTANTIATE_TEST_SUITE_P(
    Each, MistakesTest,
    ::testing::Values(
        Case{Mistake::LoseAnswer, "calls have not ended"}, Case{Mistake::AnswerTwice, "was answered twice"},
        Case{Mistake::AdmitTooMany, "max_ongoing_requests is 2"}, Case{Mistake::RunTwice, "has run 2 times"},
        Case{Mistake::GiveUp, "failed without a reason"}, Case{Mistake::KeepPlace, "places are taken"},
        Case{Mistake::StopTooMany, "is stopped and leaves"}, Case{Mistake::BookTwice, "is overbooked"},
        Case{Mistake::NeverReady, "an hour after the last fault"},
        Case{Mistake::ForgetReplica, "an hour after the last fault"}, Case{Mistake::KeepMember, "is not whole", true},
        Case{Mistake::EndEarly, "lives in the epochs", true}, Case{Mistake::RouteToPart, "members of gang", true},
        Case{Mistake::LoseBundle, "holds 1 of 2 bundles", true}));

TEST(MistakesTest, WithoutOneNothingIsFound) {
  EXPECT_EQ(findings_of(busy()), "");
  EXPECT_EQ(findings_of(busy_gangs()), "");
}

}  // namespace
}  // namespace manta::simulate
