// Files of Ray Serve's users (tests/data/seeds) load as they are, also inside a Kubernetes resource, each with exactly
// these warnings.
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <filesystem>

#include <gmock/gmock.h>
#include <manta/detail/json.h>

#include "unit/spec/parsed.h"

namespace manta::spec {
namespace {

const std::string kSeedFolder = std::string(MANTA_SOURCE_DIR) + "/tests/data/seeds/";
const std::string kPip = "applications[0].runtime_env.pip: 'pip' is ignored";
const std::string kOldTarget =
    "autoscaling_config.target_num_ongoing_requests_per_replica: an old name of 'target_ongoing_requests'";

// Each file, and how its warnings begin behind their place.
const std::map<std::string, std::vector<std::string>> kSeedFiles{
    {"merged.yaml", {kPip}},
    {"single_node.yaml", {}},
    {"multi_node.yaml", {}},
    {"queue_depth.yaml", {}},
    {"fractions.yaml", {}},
    {"placed.yaml", {}},
    {"ranges.yaml", {}},
    {"ray_service.yaml", {kPip}},
    {"ray_service_autoscaled.yaml",
     {kPip, "applications[0].deployments[0].num_replicas: with an autoscaling_config it is the number to begin with"}},
    {"decorated.yaml",
     {"applications[0].deployments[1].autoscaling_config.smoothing_factor: an old name of 'upscaling_factor'",
      "applications[0].deployments[3]." + kOldTarget, "applications[0].deployments[4]." + kOldTarget,
      "applications[0].deployments[5].placement_group_strategy: without placement_group_bundles",
      "applications[0].deployments[6].request_router_config.request_router_class: a class of Ray Serve; here it is "
      "'consistent_hash'"}},
};

std::string text_of_seed(const std::string& name) {
  std::ifstream file(kSeedFolder + name);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The warnings without "app.yaml:12:5: ".
std::vector<std::string> without_places(const std::vector<std::string>& warnings) {
  std::vector<std::string> found;
  for (const std::string& warning : warnings) found.push_back(warning.substr(warning.find(": ") + 2));
  return found;
}

void expect_warnings(const std::vector<std::string>& warnings, const std::vector<std::string>& expected) {
  const auto found = without_places(warnings);
  ASSERT_EQ(found.size(), expected.size()) << ::testing::PrintToString(found);
  for (std::size_t i = 0; i < found.size(); ++i) EXPECT_THAT(found[i], ::testing::StartsWith(expected[i]));
}

TEST(SeedFilesTest, EveryFileIsTested) {
  std::set<std::string> there, tested;
  for (const auto& entry : std::filesystem::directory_iterator(kSeedFolder))
    there.insert(entry.path().filename().string());
  for (const auto& [name, warnings] : kSeedFiles) tested.insert(name);
  EXPECT_EQ(there, tested);
}

TEST(SeedFilesTest, EachLoadsUnchangedWithExactlyItsWarnings) {
  for (const auto& [name, expected] : kSeedFiles) {
    SCOPED_TRACE(name);
    std::vector<std::string> warnings;
    EXPECT_FALSE(parsed(text_of_seed(name), {}, &warnings).applications.empty());
    expect_warnings(warnings, expected);
  }
}

TEST(SeedFilesTest, EachLoadsTheSameInsideAKubernetesResource) {
  for (const auto& [name, expected] : kSeedFiles) {
    if (name.starts_with("ray_service")) continue;  // is one
    SCOPED_TRACE(name);
    std::vector<std::string> warnings;
    const std::string resource =
        "apiVersion: ray.io/v1\nkind: RayService\nmetadata: {name: r}\nspec:\n"
        "  serveConfigV2: |\n" +
        indented(text_of_seed(name), "    ") + "  rayClusterConfig: {rayVersion: '2.9.0'}\n";
    EXPECT_EQ(parsed(resource, {}, &warnings), parsed(text_of_seed(name)));
    expect_warnings(warnings, expected);
  }
}

std::map<std::string, std::string> seed_fields(const std::string& file, std::size_t deployment) {
  return parsed(text_of_seed(file)).applications.at(0).deployments.at(deployment).fields;
}

AutoscalingConfig seed_scaling(const std::string& file, std::size_t deployment) {
  return detail::from_json<AutoscalingConfig>(seed_fields(file, deployment).at("autoscaling_config")).value();
}

TEST(SeedFilesTest, WhatTheyMeanIsKept) {
  const AutoscalingConfig scaled = seed_scaling("decorated.yaml", 1);
  EXPECT_EQ(scaled.initial_replicas, 2);
  EXPECT_EQ(scaled.upscaling_factor, 1.5) << "wins over smoothing_factor";
  EXPECT_EQ(scaled.downscaling_factor, 0.7);
  EXPECT_EQ(scaled.metrics_interval_s, 10);
  EXPECT_EQ(seed_scaling("decorated.yaml", 3).target_ongoing_requests, 10);
  EXPECT_EQ(seed_scaling("ray_service_autoscaled.yaml", 0).initial_replicas, 2);
  EXPECT_EQ(seed_scaling("ray_service_autoscaled.yaml", 0).max_replicas, 4);
  EXPECT_EQ(seed_fields("ray_service.yaml", 0).at("num_replicas"), "2");
  EXPECT_EQ(seed_fields("placed.yaml", 0).at("max_replicas_per_node"), "1");
  EXPECT_EQ(seed_fields("placed.yaml", 1).at("placement_group_strategy"), "\"SPREAD\"");
}

}  // namespace
}  // namespace manta::spec
