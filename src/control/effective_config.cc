#include "control/effective_config.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include <manta/detail/describe.h>
#include <manta/detail/json.h>

namespace manta::control {
namespace {

template <class T>
Json json_of(const T& value) {
  return {detail::to_json(value).value_or("null")};
}

// Given by somebody, in a file or by the API: by whether its place is known.
EffectiveValue given(std::string key, Json value, const std::map<std::string, std::string>& places,
                     const std::string& path) {
  const auto place = places.find(path);
  if (place == places.end()) return {std::move(key), std::move(value), "API", ""};
  const bool interpolated = place->second.contains("${");
  return {std::move(key), std::move(value), interpolated ? "environment" : "file", place->second};
}

// One deployment: its override says what was given, the default what nobody said.
class DeploymentValues {
 public:
  DeploymentValues(const ApplicationRecord& record, const spec::NodeSpec& node, const spec::InstanceConfig& instance)
      : record_(record), node_(node), instance_(instance) {
    const auto& all = record.config.deployments;
    const auto found = std::ranges::find(all, node.name, &spec::DeploymentOverride::name);
    if (found != all.end()) override_ = &*found;
  }

  std::vector<EffectiveValue> values(const std::map<std::string, ScaledReplicas>& scaled) const {
    std::vector<EffectiveValue> values;
    const DeploymentConfig defaults{.name = node_.name};
    [&]<template <class...> class List, class... D>(List<D...>) {
      (values.push_back(value(D::name, node_.config.*D::pointer, defaults.*D::pointer)), ...);
    }(detail::Members<DeploymentConfig>());
    if (const auto found = scaled.find(node_.name); found != scaled.end())
      for (EffectiveValue& entry : values)
        if (entry.key == "num_replicas")
          entry = {entry.key, json_of(found->second.replicas), found->second.by_autoscaler ? "autoscaling" : "API",
                   found->second.by_autoscaler ? "" : "scale"};
    return values;
  }

 private:
  template <class T>
  EffectiveValue value(const char* name, const T& now, const T& usual) const {
    // Giving the one turns the other off.
    if (override_ != nullptr && std::string_view(name) == "raise_for_batches" && now != usual &&
        override_->fields.contains("max_ongoing_requests"))
      return given(name, json_of(now), record_.config.places, "deployments." + node_.name + ".max_ongoing_requests");
    if (override_ != nullptr && override_->fields.contains(name))
      return given(name, json_of(now), record_.config.places, "deployments." + node_.name + "." + name);
    if (std::string_view(name) == "logging_config" && now != usual) return inherited(json_of(now));
    return {name, json_of(now), now == usual ? "default" : "code", ""};
  }

  EffectiveValue inherited(Json value) const {
    const auto& config = node_.config.logging_config;
    if (config == record_.config.logging_config)
      return given("logging_config", std::move(value), record_.config.places, "logging_config");
    if (config == instance_.logging_config)
      return given("logging_config", std::move(value), record_.config.places, "$logging_config");
    return {"logging_config", std::move(value), "code", ""};
  }

  const ApplicationRecord& record_;
  const spec::NodeSpec& node_;
  const spec::InstanceConfig& instance_;
  const spec::DeploymentOverride* override_ = nullptr;
};

std::vector<EffectiveValue> application_values(const ApplicationRecord& record) {
  const spec::ApplicationConfig& config = record.config;
  const spec::ApplicationConfig defaults;
  std::vector<EffectiveValue> values;
  const auto add = [&](const char* key, Json value, bool is_given) {
    values.push_back(is_given ? given(key, std::move(value), config.places, key)
                              : EffectiveValue{key, std::move(value), "default", ""});
  };
  if (record.name == config.name)
    add("name", json_of(record.name), config.name != defaults.name || config.places.contains("name"));
  else
    values.push_back({"name", json_of(record.name), "code", ""});
  if (config.route_prefix || record.route_prefix == "/")
    add("route_prefix", json_of(record.route_prefix), config.route_prefix.has_value());
  else
    values.push_back({"route_prefix", json_of(record.route_prefix), "code", ""});
  add("import_path", json_of(config.import_path), true);
  add("args", {config.args}, config.args != defaults.args);
  add("runtime_env", json_of(std::map<std::string, std::map<std::string, std::string>>{{"env_vars", config.env_vars}}),
      !config.env_vars.empty());
  add("external_scaler_enabled", json_of(config.external_scaler_enabled), config.external_scaler_enabled);
  add("logging_config", json_of(config.logging_config), config.logging_config.has_value());
  add("autoscaling_policy", json_of(config.autoscaling_policy), config.autoscaling_policy.has_value());
  add("placement", json_of(config.placement), config.placement != defaults.placement);
  add("together", json_of(config.together), !config.together.empty());
  add("traffic", json_of(config.traffic), !config.traffic.empty());
  return values;
}

}  // namespace

EffectiveConfig effective_config(const ApplicationRecord& record, const spec::InstanceConfig& instance,
                                 const std::map<std::string, ScaledReplicas>& scaled) {
  EffectiveConfig effective{.name = record.name, .values = application_values(record), .deployments = {}};
  for (const spec::NodeSpec& node : record.graph.nodes)
    effective.deployments.push_back({node.name, DeploymentValues(record, node, instance).values(scaled)});
  return effective;
}

void inherit_logging(ApplicationRecord& record, const spec::InstanceConfig& instance) {
  for (spec::NodeSpec& node : record.graph.nodes) {
    std::optional<LoggingConfig>& logging = node.config.logging_config;
    if (!logging) logging = record.config.logging_config;
    if (!logging) logging = instance.logging_config;
  }
}

}  // namespace manta::control
