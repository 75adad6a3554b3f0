// A million simulated requests in runs with random applications, loads and faults. A failing seed is printed with the
// command that runs it alone; MANTA_SIMULATED_REQUESTS changes how many there are together.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <string>

#include "unit/simulate/scenario.h"

namespace manta::simulate {
namespace {

constexpr int kBlocks = 10;
constexpr std::uint64_t kRequestsOfARun = 10'000;

std::uint64_t setting(const char* variable, std::uint64_t otherwise) {
  const char* const text = std::getenv(variable);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

double between(Random& random, double low, double high) { return low + (high - low) * unit(random); }
bool one_in(Random& random, std::uint64_t count) { return below(random, count) == 0; }

DeploymentConfig random_config(Random& random, std::string name) {
  static constexpr const char* kPolicies[] = {"power_of_two", "round_robin", "least_loaded", "consistent_hash",
                                              "locality_first"};
  DeploymentConfig config{.name = std::move(name), .num_replicas = 1 + static_cast<int>(below(random, 6))};
  config.max_ongoing_requests = 1 + static_cast<int>(below(random, 8));
  config.compute_threads = 1 + static_cast<int>(below(random, 3));
  config.graceful_shutdown_timeout_s = between(random, 5, 40);
  config.health_check_period_s = between(random, 2, 15);
  config.health_check_timeout_s = between(random, 1, 10);
  config.request_router_config.request_router_class = kPolicies[below(random, 5)];
  config.rolling_update_percentage = between(random, 0.1, 0.6);
  if (one_in(random, 3)) config.max_surge_percent = 25.0 * static_cast<double>(below(random, 5));
  if (one_in(random, 4)) config.max_queued_requests = 5 + static_cast<int>(below(random, 100));
  if (one_in(random, 5)) config.request_timeout_s = between(random, 2, 30);
  if (one_in(random, 5)) config.ray_actor_options.num_gpus = one_in(random, 2) ? 0.25 : 1;
  if (one_in(random, 3))
    config.autoscaling_config = AutoscalingConfig{.min_replicas = static_cast<int>(below(random, 2)),
                                                  .max_replicas = 3 + static_cast<int>(below(random, 5)),
                                                  .target_ongoing_requests = between(random, 0.5, 3),
                                                  .upscale_delay_s = between(random, 0.5, 20),
                                                  .downscale_delay_s = between(random, 5, 60)};
  return config;
}

// Replicas in gangs, and with several bundles each; only such as find room on the three nodes.
void add_gang_and_group(Random& random, DeploymentConfig& config) {
  static constexpr const char* kStrategies[] = {"PACK", "SPREAD", "STRICT_PACK", "STRICT_SPREAD"};
  if (one_in(random, 4)) {
    config.placement_group_bundles = {{{"CPU", 1}}, {{"CPU", 1}}};
    config.placement_group_strategy = kStrategies[below(random, 4)];
  }
  if (!one_in(random, 4)) return;
  const int size = 2 + static_cast<int>(below(random, 2));
  config.gang_scheduling_config = GangSchedulingConfig{.gang_size = size};
  config.gang_scheduling_config->gang_placement_strategy =
      kStrategies[below(random, config.placement_group_bundles.empty() ? 4 : 2)];
  config.num_replicas = size * (1 + static_cast<int>(below(random, 2)));
  if (!config.autoscaling_config) return;
  config.autoscaling_config->min_replicas = size * static_cast<int>(below(random, 2));
  config.autoscaling_config->max_replicas = size * 2;
}

// Nodes of zone a first, then those of b, then any.
void add_fallbacks(DeploymentConfig& config) {
  config.ray_actor_options.label_selector = {{"zone", "a"}};
  config.ray_actor_options.fallback_strategy = {{.label_selector = {{"zone", "b"}}}, {.label_selector = {}}};
}

FaultOptions random_faults(Random& random) {
  FaultOptions faults;
  const auto maybe = [&](double& value, double low, double high) {
    if (one_in(random, 2)) value = between(random, low, high);
  };
  maybe(faults.crash_s, 10, 120);
  maybe(faults.slow_s, 20, 200);
  maybe(faults.cut_s, 5, 100);
  maybe(faults.restart_s, 30, 200);
  maybe(faults.node_s, 60, 400);
  maybe(faults.late_share, 0, 0.05);
  maybe(faults.lost_share, 0, 0.1);
  maybe(faults.start_share, 0, 0.2);
  return faults;
}

SimulationOptions random_run(std::uint64_t seed) {
  Random random(seed);
  SimulationOptions options = one_in(random, 3) ? two_deployments() : one_deployment();
  options.seed = seed;
  for (spec::NodeSpec& node : options.applications[0].graphs[0].nodes) {
    node.config = random_config(random, node.name);
    add_gang_and_group(random, node.config);
    if (one_in(random, 6)) add_fallbacks(node.config);
  }
  options.nodes.clear();
  for (const char* name : {"a", "b", "c"})
    options.nodes.push_back({.node_id = name, .total = {.num_cpus = 12, .num_gpus = 8}, .labels = {{"zone", name}}});
  if (one_in(random, 3))
    options.packing = {.packs_nodes = true, .delay = std::chrono::seconds(20), .timeout = std::chrono::seconds(90)};
  options.callers = 1 + static_cast<int>(below(random, 3));
  options.services.otherwise = {.mean_s = between(random, 0.005, 0.05), .spread_s = between(random, 0, 0.05)};
  if (one_in(random, 4)) options.services.otherwise.batch = 1 + static_cast<int>(below(random, 16));
  options.start_times.otherwise = {.mean_s = between(random, 0.2, 10), .spread_s = between(random, 0, 5)};
  options.idempotent_share = unit(random);
  if (!one_in(random, 4)) options.faults = random_faults(random);
  const double rate = between(random, 20, 60);
  options.duration_s = static_cast<double>(kRequestsOfARun) / rate;
  options.arrivals = *Arrivals::of_pattern("poisson:" + std::to_string(rate));
  for (int i = static_cast<int>(below(random, 3)); i > 0; --i)
    options.updates_s.push_back(between(random, 0, options.duration_s));
  return options;
}

std::size_t check(std::uint64_t seed) {
  const auto report = Simulation(random_run(seed)).run();
  std::string findings = report ? "" : report.error().message;
  if (report)
    for (const std::string& finding : report->summary.findings) findings += finding + "\n";
  EXPECT_EQ(findings, "") << "seed " << seed << "; alone: MANTA_SIMULATED_SEED=" << seed
                          << " simulate_test --gtest_filter='*InvariantsHold/0'";
  return report ? report->summary.requests : 0;
}

class RunsTest : public ::testing::TestWithParam<int> {};

TEST_P(RunsTest, InvariantsHold) {
  if (const auto seed = setting("MANTA_SIMULATED_SEED", 0); seed != 0) {
    check(seed);
    return;
  }
  const std::uint64_t wanted = setting("MANTA_SIMULATED_REQUESTS", 1'000'000) / kBlocks;
  std::uint64_t seed = static_cast<std::uint64_t>(GetParam()) * 1'000'000 + 1;
  for (std::size_t requests = 0; requests < wanted && !HasFailure(); ++seed) requests += check(seed);
}

INSTANTIATE_TEST_SUITE_P(Seeds, RunsTest, ::testing::Range(0, kBlocks));

}  // namespace
}  // namespace manta::simulate
