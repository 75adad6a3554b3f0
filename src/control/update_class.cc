#include "control/update_class.h"

#include <algorithm>
#include <array>

#include <manta/detail/describe.h>
#include <manta/detail/json.h>

#include "spec/settings.h"

namespace manta::control {
namespace {

constexpr std::array<std::string_view, 17> kLight = {"num_replicas",
                                                     "max_queued_requests",
                                                     "backpressure_status_code",
                                                     "backpressure_retry_after_s",
                                                     "rolling_update_percentage",
                                                     "max_surge_percent",
                                                     "rollback_on_failure",
                                                     "autoscaling_config",
                                                     "request_router_config",
                                                     "admission",
                                                     "circuit_breaker",
                                                     "health_check_period_s",
                                                     "health_check_timeout_s",
                                                     "graceful_shutdown_wait_loop_s",
                                                     "initialization_timeout_s",
                                                     "max_constructor_retry_count",
                                                     "name"};

constexpr auto kReconfigure = std::to_array<std::string_view>(
    {"max_ongoing_requests", "user_config", "request_timeout_s", "graceful_shutdown_timeout_s", "batching",
     "raise_for_batches", "response_cache", "logging_config"});

template <class T>
void add(std::vector<FieldChange>& changes, const std::string& place, const T& before, const T& after,
         UpdateClass update_class) {
  changes.push_back({.field = place,
                     .before = detail::to_json(before).value_or(""),
                     .after = detail::to_json(after).value_or(""),
                     .update_class = std::string(name(update_class))});
}

// What differs in a value; of a struct only the members that do ("ray_actor_options.num_cpus").
template <class T>
void add_differences(std::vector<FieldChange>& changes, const std::string& place, const T& before, const T& after,
                     UpdateClass update_class) {
  if (before == after) return;
  if constexpr (detail::Described<T>) {
    [&]<template <class...> class List, class... D>(List<D...>) {
      (add_differences(changes, place + "." + D::name, before.*D::pointer, after.*D::pointer, update_class), ...);
    }(detail::Members<T>());
  } else {
    add(changes, place, before, after, update_class);
  }
}

template <class T>
void add_differences(std::vector<FieldChange>& changes, const std::string& place, const std::optional<T>& before,
                     const std::optional<T>& after, UpdateClass update_class) {
  if (before && after) return add_differences(changes, place, *before, *after, update_class);
  if (before != after) add(changes, place, before, after, update_class);
}

template <class T>
void add_change(std::vector<FieldChange>& changes, std::string_view field, const T& before, const T& after) {
  add_differences(changes, std::string(field), before, after, update_class_of(field));
}

}  // namespace

std::string_view name(UpdateClass update_class) {
  switch (update_class) {
    case UpdateClass::None:
      return "unchanged";
    case UpdateClass::Light:
      return "light";
    case UpdateClass::Reconfigure:
      return "reconfigure";
    case UpdateClass::Restart:
      return "restart";
  }
  return "restart";
}

UpdateClass update_class_of(std::string_view field) {
  if (std::ranges::find(kLight, field) != kLight.end()) return UpdateClass::Light;
  if (std::ranges::find(kReconfigure, field) != kReconfigure.end()) return UpdateClass::Reconfigure;
  return UpdateClass::Restart;
}

std::vector<FieldChange> config_changes(const DeploymentConfig& before, const DeploymentConfig& after) {
  std::vector<FieldChange> changes;
  [&]<template <class...> class List, class... D>(List<D...>) {
    (add_change(changes, D::name, before.*D::pointer, after.*D::pointer), ...);
  }(detail::Members<DeploymentConfig>());
  if (before.max_ongoing_requests != after.max_ongoing_requests)  // giving that field turns the other off
    std::erase_if(changes, [](const FieldChange& change) { return change.field == "raise_for_batches"; });
  return changes;
}

bool same_definition(const ApplicationRecord& before, const spec::NodeSpec& old_node, const ApplicationRecord& after,
                     const spec::NodeSpec& new_node) {
  return version_of(before, old_node) == version_of(after, new_node) &&
         spec::running_settings(old_node.config) == spec::running_settings(new_node.config);
}

}  // namespace manta::control
