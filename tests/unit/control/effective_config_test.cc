#include "control/effective_config.h"

#include <gtest/gtest.h>

#include "spec/parse_config.h"
#include "spec/value_places.h"

namespace manta::control {
namespace {

constexpr const char* kFile = R"(logging_config: {encoding: JSON}
applications:
- name: rag
  import_path: /lib.so:build
  args: {docs: "${DOCS:-d}"}
  deployments:
  - name: Llm
    max_ongoing_requests: ${CALLS:-7}
    num_replicas: 2
)";

// As the command line reads it, sends it, and the controller makes a record of what the code builds.
ApplicationRecord record_of(const char* file, spec::InstanceConfig& config) {
  spec::ConfigPlaces places;
  const auto lookup = [](const std::string& name) {
    return name == "CALLS" ? std::optional<std::string>("9") : std::nullopt;
  };
  config = *spec::parse_config(file, "conf/app.yaml", lookup, nullptr, &places);
  spec::note_places(config, places);
  spec::ApplicationGraph graph{.name = "rag", .ingress = "Llm"};
  graph.nodes.push_back({.name = "Llm", .config = {.name = "Llm", .compute_threads = 4}});
  auto record = std::move(make_records(config.applications.front(), {}, {graph}, 0)->front());
  inherit_logging(record, config);
  return record;
}

std::string origin(const std::vector<EffectiveValue>& values, const std::string& key) {
  for (const EffectiveValue& value : values)
    if (value.key == key) return value.value.text + " " + value.origin + (value.where.empty() ? "" : " " + value.where);
  return "no such key";
}

TEST(EffectiveConfigTest, EachValueHasItsOrigin) {
  spec::InstanceConfig config;
  const ApplicationRecord record = record_of(kFile, config);
  const EffectiveConfig effective = effective_config(record, config, {});
  const auto& llm = effective.deployments.at(0).values;
  EXPECT_EQ(origin(llm, "num_replicas"), "2 file app.yaml:9");
  EXPECT_EQ(origin(llm, "max_ongoing_requests"), "9 environment app.yaml:8 ${CALLS:-7}");
  EXPECT_EQ(origin(llm, "compute_threads"), "4 code");
  EXPECT_EQ(origin(llm, "health_check_period_s"), "10.0 default");
  EXPECT_TRUE(origin(llm, "logging_config").ends_with(" file app.yaml:1")) << origin(llm, "logging_config");
  EXPECT_EQ(origin(effective.values, "name"), "\"rag\" file app.yaml:3");
  EXPECT_EQ(origin(effective.values, "route_prefix"), "\"/\" default");
  EXPECT_EQ(origin(effective.values, "args"), R"({"docs":"d"} environment app.yaml:5 ${DOCS:-d})");
}

TEST(EffectiveConfigTest, ScalersHaveTheLastWord) {
  spec::InstanceConfig config;
  const ApplicationRecord record = record_of(kFile, config);
  const auto replicas = [&](bool by_autoscaler) {
    const EffectiveConfig effective = effective_config(record, config, {{"Llm", {5, by_autoscaler}}});
    return origin(effective.deployments.at(0).values, "num_replicas");
  };
  EXPECT_EQ(replicas(true), "5 autoscaling");
  EXPECT_EQ(replicas(false), "5 API scale");
}

TEST(EffectiveConfigTest, WhatCameWithoutAFileIsTheApis) {
  spec::InstanceConfig config;
  ApplicationRecord record = record_of(kFile, config);
  record.config.places.clear();
  const EffectiveConfig effective = effective_config(record, config, {});
  EXPECT_EQ(origin(effective.deployments.at(0).values, "num_replicas"), "2 API");
  EXPECT_EQ(origin(effective.values, "name"), "\"rag\" API");
}

TEST(EffectiveConfigTest, AChangeByTheApiLeavesTheOtherPlaces) {
  spec::InstanceConfig config;
  const ApplicationRecord record = record_of(kFile, config);
  spec::ApplicationConfig changed = record.config;
  changed.places.clear();
  changed.deployments.front().fields["num_replicas"] = "3";
  spec::keep_places(record.config, changed);
  EXPECT_FALSE(changed.places.contains("deployments.Llm.num_replicas"));
  EXPECT_EQ(changed.places.at("deployments.Llm.max_ongoing_requests"), "app.yaml:8 ${CALLS:-7}");
  EXPECT_EQ(changed.places.at("import_path"), "app.yaml:4");
}

}  // namespace
}  // namespace manta::control
