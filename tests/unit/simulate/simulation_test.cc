#include <gtest/gtest.h>

#include <chrono>

#include <manta/detail/json.h>

#include "simulate/report_text.h"
#include "unit/simulate/scenario.h"

namespace manta::simulate {
namespace {

Report report_of(const SimulationOptions& options) {
  auto report = Simulation(options).run();
  EXPECT_TRUE(report) << report.error().message;
  return report ? *report : Report{};
}

TEST(SimulationTest, AnswersEveryRequestWhenNothingGoesWrong) {
  SimulationOptions options = one_deployment();
  options.arrivals = *Arrivals::of_pattern("constant:20");
  const Report report = report_of(options);
  EXPECT_EQ(report.summary.requests, 1200U);
  EXPECT_EQ(report.summary.answered, 1200U);
  EXPECT_EQ(report.summary.failed, 0U);
  EXPECT_TRUE(report.summary.findings.empty()) << report.summary.findings[0];
}

TEST(SimulationTest, LatencyAndUtilisationFollowFromServiceTimeAndLoad) {
  SimulationOptions options = one_deployment({.name = "D", .num_replicas = 4});
  options.arrivals = *Arrivals::of_pattern("constant:20");
  const Summary summary = report_of(options).summary;
  EXPECT_NEAR(summary.p50_ms, 100, 2);          // idle replicas: nobody waits
  EXPECT_NEAR(summary.utilisation, 0.5, 0.02);  // 20 * 0.1 s on 4 lanes
  EXPECT_NEAR(summary.replica_hours, 4 * 60 / 3600.0, 0.001);
  EXPECT_NEAR(summary.node_hours, 2 * 60 / 3600.0, 0.001);
}

TEST(SimulationTest, TheRowsTogetherAreTheWholeRun) {
  SimulationOptions options = one_deployment({.name = "D", .num_replicas = 4});
  options.faults = {.crash_s = 10};
  const Report report = report_of(options);
  double replica_hours = 0, node_hours = 0;
  std::size_t answered = 0;
  for (const TimelineRow& row : report.timeline) {
    replica_hours += row.replica_hours;
    node_hours += row.node_hours;
    answered += row.answered;
  }
  EXPECT_NEAR(replica_hours, report.summary.replica_hours, 0.001);
  EXPECT_NEAR(node_hours, report.summary.node_hours, 0.001);
  EXPECT_LE(answered, report.summary.answered) << "what ends after the last row is in the summary only";
  EXPECT_GE(answered, report.summary.answered * 9 / 10);
}

// An update leaves three new replicas on one node and the first on the other.
TEST(SimulationTest, ANodeWhoseReplicasFitElsewhereIsEmptiedAndNoRequestFails) {
  SimulationOptions options = one_deployment({.name = "D", .num_replicas = 4});
  options.applications[0].graphs[0].nodes[0].config.max_surge_percent = 25;
  for (runtime::NodeInfo& node : options.nodes) node.total.num_cpus = 4;
  options.duration_s = 600;
  options.updates_s = {20};
  options.packing = {.packs_nodes = true, .delay = std::chrono::seconds(10'000)};
  const Summary kept = report_of(options).summary;
  options.packing.delay = std::chrono::seconds(60);
  const Summary emptied = report_of(options).summary;
  EXPECT_NEAR(kept.node_hours, 2 * 580 / 3600.0, 0.02);
  EXPECT_LT(emptied.node_hours, kept.node_hours * 0.7);
  EXPECT_EQ(emptied.failed, 0U);
  EXPECT_TRUE(emptied.findings.empty()) << emptied.findings[0];
}

TEST(SimulationTest, TheSameSeedGivesTheSameReportByteForByte) {
  SimulationOptions options = one_deployment();
  options.faults = {.crash_s = 10, .slow_s = 20, .cut_s = 10, .restart_s = 30, .late_share = 0.02, .lost_share = 0.02};
  options.services.otherwise = {.mean_s = 0.1, .spread_s = 0.1};
  const auto text = [&] { return report_text(report_of(options)); };
  const std::string once = text();
  EXPECT_EQ(once, text());
  ++options.seed;
  EXPECT_NE(once, text());
}

TEST(SimulationTest, AutoscalingFollowsTheLoadUpAndDown) {
  SimulationOptions options = one_deployment({.name = "D"});
  options.applications[0].graphs[0].nodes[0].config.autoscaling_config = AutoscalingConfig{.min_replicas = 1,
                                                                                           .max_replicas = 8,
                                                                                           .target_ongoing_requests = 1,
                                                                                           .upscale_delay_s = 5,
                                                                                           .downscale_delay_s = 20};
  options.arrivals = *Arrivals::of_pattern("steps:2@0,40@100,2@300");
  options.duration_s = 500;
  const Report report = report_of(options);
  const auto wanted_at = [&](double time_s) {
    for (const TimelineRow& row : report.timeline)
      if (row.time_s >= time_s) return row.wanted;
    return -1;
  };
  EXPECT_LE(wanted_at(75), 2);
  EXPECT_GE(wanted_at(275), 5);
  EXPECT_LE(wanted_at(475), 2);
  EXPECT_TRUE(report.summary.findings.empty()) << report.summary.findings[0];
}

TEST(SimulationTest, ARequestWakesWhatHasBeenScaledToZero) {
  SimulationOptions options = one_deployment({.name = "D"});
  options.applications[0].graphs[0].nodes[0].config.autoscaling_config =
      AutoscalingConfig{.min_replicas = 0, .max_replicas = 2, .upscale_delay_s = 1};
  options.arrivals = *Arrivals::of_csv("30,D\n40,D\n", "trace");
  const Summary summary = report_of(options).summary;
  EXPECT_EQ(summary.answered, 2U);
  EXPECT_GE(summary.max_ms, 2000);  // the start of a replica
  EXPECT_TRUE(summary.findings.empty()) << summary.findings[0];
}

TEST(SimulationTest, ADeploymentCallsWhatItHasAHandleTo) {
  SimulationOptions options = two_deployments();
  options.arrivals = *Arrivals::of_pattern("constant:20");
  const Report report = report_of(options);
  EXPECT_EQ(report.summary.answered, 1200U);
  EXPECT_NEAR(report.summary.p50_ms, 110, 3);
  EXPECT_TRUE(report.summary.findings.empty()) << report.summary.findings[0];
}

TEST(SimulationTest, NoRequestFailsInAnUpdateUnderLoad) {
  SimulationOptions options = two_deployments();
  options.updates_s = {10, 30};
  const Summary summary = report_of(options).summary;
  EXPECT_EQ(summary.failed, 0U);
  EXPECT_TRUE(summary.findings.empty()) << summary.findings[0];
}

TEST(SimulationTest, BatchesServeWhatOneByOneCouldNot) {
  SimulationOptions options = one_deployment({.name = "D", .num_replicas = 1, .max_ongoing_requests = 64});
  options.arrivals = *Arrivals::of_pattern("constant:100");
  options.services.otherwise = {.mean_s = 0.1, .batch = 32};
  EXPECT_LT(report_of(options).summary.p99_ms, 250);
}

TEST(SimulationTest, SaysWhyAnApplicationDoesNotGetToRun) {
  SimulationOptions options = one_deployment();
  options.applications[0].graphs[0].nodes[0].config.ray_actor_options.num_gpus = 1;
  const auto report = Simulation(options).run();
  ASSERT_FALSE(report);
  EXPECT_NE(report.error().message.find("GPU"), std::string::npos) << report.error().message;
}

TEST(SimulationTest, NamesThatTheApplicationsDoNotHaveAreRefused) {
  SimulationOptions options = one_deployment({.name = "Embed"});
  options.services.by_deployment["Embde"] = {.mean_s = 1};
  const auto report = Simulation(options).run();
  ASSERT_FALSE(report);
  EXPECT_NE(report.error().message.find("did you mean 'Embed'"), std::string::npos) << report.error().message;
}

}  // namespace
}  // namespace manta::simulate
