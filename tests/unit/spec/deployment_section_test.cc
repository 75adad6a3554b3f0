#include "spec/deployment_section.h"

#include <gmock/gmock.h>

#include <manta/detail/json.h>

#include "unit/spec/parsed.h"

namespace manta::spec {
namespace {

using ::testing::ElementsAre;
using testing::HasSubstr;

TEST(DeploymentSectionTest, AutoscalingSetsTheReplicasItStartsWith) {
  const auto replicas = [](const std::string& lines) {
    return parsed(deployment(lines)).applications.at(0).deployments.at(0).fields.at("num_replicas");
  };
  EXPECT_EQ(replicas("num_replicas: auto"), "1");
  EXPECT_EQ(replicas("autoscaling_config: {min_replicas: 2, max_replicas: 4}"), "2");
  EXPECT_EQ(replicas("autoscaling_config: {min_replicas: 0, max_replicas: 4}"), "0");
  EXPECT_EQ(replicas("num_replicas: auto\nautoscaling_config: {initial_replicas: 3, max_replicas: 4}"), "3");
}

TEST(DeploymentSectionTest, ANumberBesideAutoscalingIsTheOneToBeginWith) {
  std::vector<std::string> warnings;
  const auto fields = parsed(deployment("num_replicas: 2\nautoscaling_config: {max_replicas: 4}"), {}, &warnings)
                          .applications.at(0)
                          .deployments.at(0)
                          .fields;
  EXPECT_EQ(fields.at("num_replicas"), "2");
  EXPECT_THAT(fields.at("autoscaling_config"), HasSubstr(R"("initial_replicas":2)"));
  EXPECT_THAT(warnings, ElementsAre(HasSubstr("written there as initial_replicas")));
  EXPECT_THAT(error_of(deployment("num_replicas: 2\nautoscaling_config: {initial_replicas: 3, max_replicas: 4}")),
              HasSubstr("give one of them"));
  EXPECT_THAT(error_of(deployment("num_replicas: 5\nautoscaling_config: {max_replicas: 4}")),
              HasSubstr("not between min_replicas and max_replicas"));
}

TEST(DeploymentSectionTest, OtherSpellingsOfRoutersAndGroupsWarnOnce) {
  std::vector<std::string> warnings;
  const InstanceConfig config =
      parsed(deployment("request_router_config: {request_router_class: 'ray.serve.experimental:RoundRobinRouter'}"), {},
             &warnings);
  EXPECT_THAT(warnings, ElementsAre(HasSubstr("here it is 'round_robin'")));
  EXPECT_THAT(config.applications[0].deployments[0].fields.at("request_router_config"),
              HasSubstr(R"("request_router_class":"round_robin")"))
      << "the same under either name";
  warnings.clear();
  parsed(deployment("placement_group_strategy: STRICT_PACK\nray_actor_options: {num_gpus: 4}"), {}, &warnings);
  EXPECT_THAT(warnings, ElementsAre(HasSubstr("one bundle, made of ray_actor_options")));
  warnings.clear();
  parsed(deployment("request_router_config: {request_router_class: round_robin}"), {}, &warnings);
  EXPECT_THAT(warnings, ElementsAre());
}

TEST(DeploymentSectionTest, FallbacksAreReadInTheirOrder) {
  std::vector<std::string> warnings;
  const auto fields = parsed(deployment("ray_actor_options:\n"
                                        "  label_selector: {zone: a}\n"
                                        "  fallback_strategy: [{label_selector: {zone: b}}, {label_selector: {}}]"),
                             {}, &warnings)
                          .applications.at(0)
                          .deployments.at(0)
                          .fields;
  const auto options = detail::from_json<Resources>(fields.at("ray_actor_options")).value();
  ASSERT_EQ(options.fallback_strategy.size(), 2u);
  EXPECT_EQ(options.fallback_strategy[0].label_selector.at("zone"), "b");
  EXPECT_TRUE(options.fallback_strategy[1].label_selector.empty());
  EXPECT_THAT(warnings, ElementsAre());
}

TEST(DeploymentSectionTest, WhatAFallbackCannotChangeIsRefusedByItsPlace) {
  EXPECT_THAT(error_of(deployment("ray_actor_options: {fallback_strategy: [{label_selector: {}}, {num_cpus: 1}]}")),
              HasSubstr("app.yaml:5:68: unknown key 'num_cpus'; known: label_selector"));
  EXPECT_THAT(error_of(deployment("ray_actor_options: {fallback_strategy: [{label_selektor: {}}]}")),
              HasSubstr("label_selector"));
}

AutoscalingConfig scaling(const std::string& lines, std::vector<std::string>* warnings = nullptr) {
  const InstanceConfig config = parsed(deployment(lines), {}, warnings);
  const auto& fields = config.applications.at(0).deployments.at(0).fields;
  return detail::from_json<AutoscalingConfig>(fields.at("autoscaling_config")).value();
}

TEST(DeploymentSectionTest, AutomaticReplicasAreOneToAHundredUnlessSaidOtherwise) {
  EXPECT_EQ(scaling("num_replicas: auto").max_replicas, 100);
  EXPECT_EQ(scaling("num_replicas: auto").target_ongoing_requests, 2);
  EXPECT_EQ(scaling("num_replicas: auto\nautoscaling_config: {max_replicas: 4}").max_replicas, 4);
}

TEST(DeploymentSectionTest, OldNamesOfAutoscalingWarnOnceAndTheNewNameWins) {
  std::vector<std::string> warnings;
  const AutoscalingConfig old = scaling(
      "autoscaling_config: {target_num_ongoing_requests_per_replica: 7, smoothing_factor: 3, upscale_smoothing_factor: "
      "2}",
      &warnings);
  EXPECT_EQ(old.target_ongoing_requests, 7);
  EXPECT_EQ(old.upscaling_factor, 2);
  EXPECT_EQ(old.downscaling_factor, 3);
  EXPECT_EQ(warnings.size(), 3u);
  const AutoscalingConfig both = scaling(
      "autoscaling_config: {target_num_ongoing_requests_per_replica: 7, target_ongoing_requests: 4, smoothing_factor: "
      "3, upscaling_factor: 1.5}",
      &warnings);
  EXPECT_EQ(both.target_ongoing_requests, 4);
  EXPECT_EQ(both.upscaling_factor, 1.5);
  EXPECT_EQ(both.downscaling_factor, 3);
}

TEST(DeploymentSectionTest, AutoscalingThatCannotBeIsRefused) {
  EXPECT_THAT(error_of(deployment("autoscaling_config: {min_replicas: 3, max_replicas: 2}")),
              HasSubstr("autoscaling_config.min_replicas: expected max_replicas or fewer"));
  EXPECT_THAT(error_of(deployment("autoscaling_config: {aggregation_function: median}")),
              HasSubstr("mean, max or min"));
  EXPECT_THAT(error_of(deployment("autoscaling_config: {initial_replicas: 5, max_replicas: 2}")),
              HasSubstr("expected 1 to 2"));
}

TEST(DeploymentSectionTest, PlacementRoutingAndRolloutFieldsAreRead) {
  const auto fields =
      parsed(deployment("placement_group_bundles: [{GPU: 1}, {CPU: 2}]\nplacement_group_strategy: SPREAD\n"
                        "gang_scheduling_config: {gang_size: 2}\nnum_replicas: 4\n"
                        "request_router_config: {request_router_class: round_robin}\n"
                        "admission: {tenant_weights: {gold: 3}}\nmax_surge_percent: 0\n"
                        "ray_actor_options: {accelerator_type: L4}"))
          .applications.at(0)
          .deployments.at(0)
          .fields;
  EXPECT_EQ(fields.at("placement_group_bundles"), R"([{"GPU":1.0},{"CPU":2.0}])");
  EXPECT_EQ(fields.at("max_surge_percent"), "0.0");
  EXPECT_THAT(fields.at("admission"), HasSubstr(R"("gold":3.0)"));
  EXPECT_THAT(fields.at("request_router_config"), HasSubstr("round_robin"));
  EXPECT_THAT(fields.at("ray_actor_options"), HasSubstr(R"("accelerator_type":"L4")"));
  EXPECT_THAT(error_of(deployment("num_replicas: 3\ngang_scheduling_config: {gang_size: 2}")),
              HasSubstr("num_replicas: expected a multiple of gang_size 2"));
  EXPECT_THAT(error_of(deployment("placement_group_strategy: TIGHT")), HasSubstr("expected PACK, SPREAD"));
  EXPECT_THAT(error_of(deployment("placement_group_bundles: [{GPU: 1.5}]")),
              HasSubstr("placement_group_bundles[0].GPU: expected a fraction of one GPU or a whole number, found 1.5"));
  EXPECT_THAT(error_of(deployment("placement_group_bundles: [{CPU: 1}, {CPU: 1}]\nnum_replicas: 2\n"
                                  "placement_group_strategy: STRICT_SPREAD\n"
                                  "gang_scheduling_config: {gang_size: 2, gang_placement_strategy: STRICT_PACK}")),
              HasSubstr("STRICT_PACK of bundles that are kept apart by STRICT_SPREAD is not possible"));
  EXPECT_THAT(error_of(deployment("admission: {tenant_weights: {gold: 0}}")), HasSubstr("tenant_weights.gold"));
}

}  // namespace
}  // namespace manta::spec
