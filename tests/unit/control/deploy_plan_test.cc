#include "control/deploy_plan.h"

#include <gtest/gtest.h>

#include <manta/detail/describe.h>
#include <manta/detail/json.h>

#include "spec/settings.h"

namespace manta::control {
namespace {

ApplicationRecord record(int num_replicas = 2) {
  ApplicationRecord record{.name = "app", .route_prefix = "/", .artifact = {.function = "build", .sha256 = "one"}};
  record.graph.ingress = "D";
  record.graph.nodes = {{.name = "D", .fingerprint = "f", .config = {.name = "D", .num_replicas = num_replicas}}};
  return record;
}

template <class F>
DeploymentPlan changed(F change, int num_replicas = 2) {
  ApplicationRecord next = record(num_replicas);
  change(next);
  return deploy_plan({record(num_replicas)}, {next}).applications.at(0).deployments.at(0);
}

TEST(DeployPlanTest, TheSameIsUnchanged) {
  const DeployPlan plan = deploy_plan({record()}, {record()});
  EXPECT_EQ(plan.summary, "1 unchanged");
  EXPECT_EQ(plan.applications.at(0).change, "unchanged");
  EXPECT_TRUE(plan.applications.at(0).deployments.at(0).changes.empty());
}

TEST(DeployPlanTest, ScalingIsLightAndSaysFromWhatToWhat) {
  const DeploymentPlan plan = changed([](auto& next) { next.graph.nodes[0].config.num_replicas = 5; });
  EXPECT_EQ(plan.change, "light");
  EXPECT_EQ(plan.changes, (std::vector<FieldChange>{{"num_replicas", "2", "5", "light"}}));
  EXPECT_EQ(plan.replicas_before, 2);
  EXPECT_EQ(plan.replicas_after, 5);
  EXPECT_TRUE(plan.waves.empty());
}

TEST(DeployPlanTest, AUserConfigIsTakenOverInPlace) {
  const DeploymentPlan plan = changed([](auto& next) { next.graph.nodes[0].config.user_config = "{}"; });
  EXPECT_EQ(plan.change, "reconfigure");
  EXPECT_EQ(plan.changes.at(0).field, "user_config");
}

TEST(DeployPlanTest, OtherCodeRestartsInWaves) {
  const DeploymentPlan plan = changed([](auto& next) { next.artifact.sha256 = "two"; }, 10);
  EXPECT_EQ(plan.change, "restart");
  EXPECT_EQ(plan.changes.at(0), (FieldChange{"code", "\"one:build\"", "\"two:build\"", "restart"}));
  EXPECT_EQ(plan.waves, (std::vector<int>{2, 2, 2, 2, 2}));
  EXPECT_EQ(plan.replacement, "start first");
}

TEST(DeployPlanTest, WavesFollowTheLimitsOfTheNewConfiguration) {
  const DeploymentPlan plan = changed(
      [](auto& next) {
        next.graph.nodes[0].config.rolling_update_percentage = 0.5;
        next.graph.nodes[0].config.max_surge_percent = 0;
        next.graph.nodes[0].fingerprint = "g";
      },
      4);
  EXPECT_EQ(plan.waves, (std::vector<int>{2, 2}));
  EXPECT_EQ(plan.replacement, "stop first");
  EXPECT_EQ(plan.changes.at(0).field, "definition");
}

TEST(DeployPlanTest, OfVariablesOnlyTheNamesAreShown) {
  const DeploymentPlan plan = changed([](auto& next) { next.graph.nodes[0].config.env_vars = {{"TOKEN", "secret"}}; });
  EXPECT_EQ(plan.change, "restart");
  EXPECT_EQ(plan.changes, (std::vector<FieldChange>{{"env_vars", "", R"(["TOKEN"])", "restart"}}));
}

TEST(DeployPlanTest, WhatComesAndGoesIsNamed) {
  ApplicationRecord next = record();
  next.graph.nodes[0].name = "E";
  ApplicationRecord other = record();
  other.name = "other";
  const DeployPlan plan = deploy_plan({record(), other}, {next});
  EXPECT_EQ(plan.summary, "1 added, 2 removed");
  ASSERT_EQ(plan.applications.size(), 2u);
  EXPECT_EQ(plan.applications[0].change, "restart");
  EXPECT_EQ(plan.applications[1].name, "other");
  EXPECT_EQ(plan.applications[1].change, "removed");
}

TEST(DeployPlanTest, AnotherPrefixIsALightChangeOfTheApplication) {
  ApplicationRecord next = record();
  next.route_prefix = "/new";
  const DeployPlan plan = deploy_plan({record()}, {next});
  EXPECT_EQ(plan.applications[0].change, "light");
  EXPECT_EQ(plan.applications[0].changes, (std::vector<FieldChange>{{"route_prefix", "\"/\"", "\"/new\"", "light"}}));
}

TEST(DeployPlanTest, CountsTheReplicasThatAutoscalingHasNow) {
  ApplicationRecord now = record();
  now.graph.nodes[0].config.autoscaling_config = AutoscalingConfig{.max_replicas = 20};
  ApplicationRecord next = now;
  next.artifact.sha256 = "two";
  const auto plan = deploy_plan({now}, {next}, {{{"app", "D"}, 12}}).applications.at(0).deployments.at(0);
  EXPECT_EQ(plan.replicas_before, 12);
  EXPECT_EQ(plan.replicas_after, 12);
  EXPECT_EQ(plan.waves.size(), 6u);
}

TEST(DeployPlanTest, NamesWhatDiffersInsideOfASetting) {
  DeploymentConfig before;
  before.autoscaling_config = AutoscalingConfig{.max_replicas = 2};
  DeploymentConfig after = before;
  after.ray_actor_options.num_cpus = 0.5;
  after.autoscaling_config->max_replicas = 4;
  EXPECT_EQ(config_changes(before, after),
            (std::vector<FieldChange>{{"ray_actor_options.num_cpus", "1.0", "0.5", "restart"},
                                      {"autoscaling_config.max_replicas", "2", "4", "light"}}));
}

TEST(DeployPlanTest, ShowsASettingThatIsNewAsAWhole) {
  DeploymentConfig after;
  after.gang_scheduling_config = GangSchedulingConfig{.gang_size = 2};
  const auto changes = config_changes({}, after);
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].field, "gang_scheduling_config");
  EXPECT_EQ(changes[0].before, "null");
}

// Another value of any type.
template <class T>
void alter(T& value) {
  const std::string before = *detail::to_json(value);
  if constexpr (std::is_same_v<T, std::string>) {
    value += "x";
  } else if constexpr (std::is_arithmetic_v<T>) {
    value = static_cast<T>(value == T{} ? 1 : 0);
  } else if constexpr (requires { value.emplace(); }) {
    if constexpr (requires { value.reset(); })
      value.emplace();
    else
      value.emplace("x", typename T::mapped_type{});
  } else if constexpr (requires { value.emplace_back(); }) {
    value.emplace_back();
  } else {
    [&]<template <class...> class List, class D, class... Rest>(List<D, Rest...>) {
      alter(value.*D::pointer);
    }(detail::Members<T>());
  }
  ASSERT_NE(*detail::to_json(value), before);
}

// The classes by name must be those that the rest of the controller acts by.
TEST(UpdateClassTest, EveryFieldHasTheEffectThatItsClassPromises) {
  const ApplicationRecord before = record();
  const spec::NodeSpec& old_node = before.graph.nodes[0];
  [&]<template <class...> class List, class... D>(List<D...>) {
    const auto check = [&](std::string_view field, auto pointer) {
      ApplicationRecord after = before;
      spec::NodeSpec& node = after.graph.nodes[0];
      alter(node.config.*pointer);
      const bool restarts = version_of(before, old_node) != version_of(after, node);
      const bool told = spec::running_settings(old_node.config) != spec::running_settings(node.config);
      const UpdateClass effect = restarts ? UpdateClass::Restart : told ? UpdateClass::Reconfigure : UpdateClass::Light;
      EXPECT_EQ(name(update_class_of(field)), name(effect)) << field;
      EXPECT_TRUE(config_changes(old_node.config, node.config).at(0).field.starts_with(field)) << field;
    };
    (check(D::name, D::pointer), ...);
  }(detail::Members<DeploymentConfig>());
}

}  // namespace
}  // namespace manta::control
