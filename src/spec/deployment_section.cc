#include "spec/deployment_section.h"

#include <algorithm>

#include <manta/config.h>

#include "spec/validate.h"

namespace manta::spec {
namespace {

// A deployment being read: `fields` goes into the override, `config` shows whether the values fit.
struct Reading {
  Section& section;
  DeploymentOverride override;
  DeploymentConfig config;
};

template <class T>
void keep(Reading& reading, std::string_view name, const T& value) {
  reading.override.fields[std::string(name)] = detail::to_json(value).value_or("null");
}

// Members that are written in the file as they are in the struct.
void read_plain_members(Reading& reading) {
  const auto read = [&]<class D>(D) {
    constexpr std::string_view kElsewhere[] = {"name",        "num_replicas", "ray_actor_options",
                                               "user_config", "warmup",       "env_vars"};
    if (std::ranges::find(kElsewhere, D::name) != std::end(kElsewhere)) return;
    if (reading.section.read(D::name, reading.config.*D::pointer)) keep(reading, D::name, reading.config.*D::pointer);
  };
  [&]<template <class...> class List, class... D>(List<D...>) {
    (read(D()), ...);
  }(detail::Members<DeploymentConfig>());
}

// Known to Ray Serve; read so that a wrong key or type is told.
struct AutoscalingConfig {
  int min_replicas = 1;
  std::optional<int> initial_replicas;
  int max_replicas = 1;
  double target_ongoing_requests = 2;
  double target_num_ongoing_requests_per_replica = 2;
  double metrics_interval_s = 10;
  double look_back_period_s = 30;
  double smoothing_factor = 1;
  double upscale_smoothing_factor = 1;
  double downscale_smoothing_factor = 1;
  double upscaling_factor = 1;
  double downscaling_factor = 1;
  double upscale_delay_s = 30;
  double downscale_delay_s = 600;
  double downscale_to_zero_delay_s = 600;
  std::string aggregation_function = "mean";
  Json policy;
};
BOOST_DESCRIBE_STRUCT(AutoscalingConfig, (),
                      (min_replicas, initial_replicas, max_replicas, target_ongoing_requests,
                       target_num_ongoing_requests_per_replica, metrics_interval_s, look_back_period_s,
                       smoothing_factor, upscale_smoothing_factor, downscale_smoothing_factor, upscaling_factor,
                       downscaling_factor, upscale_delay_s, downscale_delay_s, downscale_to_zero_delay_s,
                       aggregation_function, policy))

void set_replicas(Reading& reading, int replicas) {
  reading.config.num_replicas = replicas;
  keep(reading, "num_replicas", replicas);
}

void read_autoscaling(Reading& reading, bool automatic) {
  Section& section = reading.section;
  const bool given = section.has("autoscaling_config");
  Section scaling = section.section("autoscaling_config");
  AutoscalingConfig config;
  scaling.read_members(config);
  scaling.refuse_rest();
  if (!given && !automatic) return;
  if (given && !automatic && section.has("num_replicas"))
    return section.refuse("num_replicas", "a number of replicas and an autoscaling_config exclude each other");
  if (config.min_replicas > config.max_replicas && scaling.has("max_replicas"))
    scaling.refuse("min_replicas", "expected max_replicas or fewer");
  if (scaling.has("target_num_ongoing_requests_per_replica"))
    scaling.warn("target_num_ongoing_requests_per_replica", "an old name of 'target_ongoing_requests'");
  const int replicas = std::max(1, config.initial_replicas.value_or(config.min_replicas));
  set_replicas(reading, replicas);
  section.warn(given ? "autoscaling_config" : "num_replicas", "autoscaling is not acted on yet: the deployment keeps " +
                                                                  std::to_string(replicas) + " replica" +
                                                                  (replicas == 1 ? "" : "s"));
}

void read_num_replicas(Reading& reading) {
  const bool automatic = reading.section.take("num_replicas") == "\"auto\"";
  if (!automatic && reading.section.read("num_replicas", reading.config.num_replicas))
    set_replicas(reading, reading.config.num_replicas);
  read_autoscaling(reading, automatic);
}

void read_environment(Reading& reading, Section runtime_env) {
  std::map<std::string, std::string> variables;
  runtime_env.read("env_vars", variables);
  runtime_env.ignore({"pip", "uv", "conda", "working_dir", "py_modules", "py_executable", "image_uri", "container",
                      "config", "excludes", "nsight", "worker_process_setup_hook"},
                     "native deployments bring what they need; only env_vars is acted on");
  runtime_env.refuse_rest();
  reading.config.env_vars.merge(variables);
}

void read_resources(Reading& reading) {
  const bool given = reading.section.has("ray_actor_options");
  Section options = reading.section.section("ray_actor_options");
  options.read_members(reading.config.ray_actor_options);
  read_environment(reading, options.section("runtime_env"));
  options.ignore({"accelerator_type", "label_selector", "fallback_strategy", "object_store_memory"},
                 "not acted on yet");
  options.refuse_rest();
  if (given) keep(reading, "ray_actor_options", reading.config.ray_actor_options);
}

void read_warmup(Reading& reading) {
  for (Section& entry : reading.section.sections("warmup")) {
    WarmUp warmup;
    entry.read("method", warmup.method);
    entry.read("count", warmup.count);
    warmup.body = entry.take("body").value_or(warmup.body);
    entry.refuse_rest();
    reading.config.warmup.push_back(std::move(warmup));
  }
  if (reading.section.has("warmup")) keep(reading, "warmup", reading.config.warmup);
}

void read_backpressure(Reading& reading) {
  Section backpressure = reading.section.section("backpressure_config");
  if (backpressure.read("status_code", reading.config.backpressure_status_code))
    keep(reading, "backpressure_status_code", reading.config.backpressure_status_code);
  backpressure.ignore({"retry_after_s"}, "Retry-After is computed");
  backpressure.refuse_rest();
}

}  // namespace

DeploymentOverride read_deployment(Section section) {
  Reading reading{.section = section, .override = {}, .config = {}};
  section.read("name", reading.override.name);
  read_plain_members(reading);
  read_num_replicas(reading);
  read_resources(reading);
  read_warmup(reading);
  read_backpressure(reading);
  if (const auto user_config = section.take("user_config")) keep(reading, "user_config", *user_config);
  std::map<std::string, std::string> variables;
  section.read("env_vars", variables);
  variables.merge(reading.config.env_vars);
  reading.config.env_vars = std::move(variables);
  if (!reading.config.env_vars.empty()) keep(reading, "env_vars", reading.config.env_vars);
  section.ignore({"version", "placement_group_bundles", "placement_group_strategy",
                  "placement_group_bundle_label_selector", "logging_config", "request_router_config",
                  "gang_scheduling_config", "deployment_actors", "rolling_update_percentage", "max_surge_percent"},
                 "not acted on yet");
  section.refuse_rest();
  for (const Fault& fault : faults(reading.config)) section.refuse(fault.field, fault.message);
  return std::move(reading.override);
}

}  // namespace manta::spec
