#include "control/update_class.h"

#include <algorithm>
#include <array>

#include <manta/detail/describe.h>
#include <manta/detail/json.h>

#include "spec/settings.h"

namespace manta::control {
namespace {

constexpr std::array<std::string_view, 16> kLight = {"num_replicas",
                                                     "max_queued_requests",
                                                     "backpressure_status_code",
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

constexpr std::array<std::string_view, 4> kReconfigure = {"max_ongoing_requests", "user_config", "request_timeout_s",
                                                          "graceful_shutdown_timeout_s"};

template <class T>
void add_change(std::vector<FieldChange>& changes, std::string_view field, const T& before, const T& after) {
  if (before == after) return;
  changes.push_back({.field = std::string(field),
                     .before = detail::to_json(before).value_or(""),
                     .after = detail::to_json(after).value_or(""),
                     .update_class = std::string(name(update_class_of(field)))});
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
  return changes;
}

bool same_definition(const ApplicationRecord& before, const spec::NodeSpec& old_node, const ApplicationRecord& after,
                     const spec::NodeSpec& new_node) {
  return version_of(before, old_node) == version_of(after, new_node) &&
         spec::running_settings(old_node.config) == spec::running_settings(new_node.config);
}

}  // namespace manta::control
