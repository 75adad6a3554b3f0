#include "spec/deployment_section.h"

#include <algorithm>
#include <string>

#include <manta/config.h>

#include "spec/autoscaling_section.h"
#include "spec/logging_section.h"
#include "spec/routing_policy.h"
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
    constexpr std::string_view kElsewhere[] = {
        "name",     "num_replicas",       "ray_actor_options",     "user_config",   "warmup",
        "env_vars", "autoscaling_config", "request_router_config", "logging_config"};
    if (std::ranges::find(kElsewhere, D::name) != std::end(kElsewhere)) return;
    if (reading.section.read(D::name, reading.config.*D::pointer)) keep(reading, D::name, reading.config.*D::pointer);
  };
  [&]<template <class...> class List, class... D>(List<D...>) {
    (read(D()), ...);
  }(detail::Members<DeploymentConfig>());
}

void set_replicas(Reading& reading, int replicas) {
  reading.config.num_replicas = replicas;
  keep(reading, "num_replicas", replicas);
}

// A number beside an autoscaling_config can only be meant as the one to begin with.
void begin_with(Section& section, AutoscalingConfig& scaling, int replicas) {
  if (scaling.initial_replicas && *scaling.initial_replicas != replicas)
    return section.refuse("num_replicas", "initial_replicas of autoscaling_config says otherwise; give one of them");
  if (replicas < scaling.min_replicas || replicas > scaling.max_replicas)
    return section.refuse("num_replicas", "not between min_replicas and max_replicas of autoscaling_config");
  section.warn("num_replicas",
               "with an autoscaling_config it is the number to begin with, which is written there as initial_replicas");
  scaling.initial_replicas = replicas;
}

void read_num_replicas(Reading& reading) {
  Section& section = reading.section;
  const bool automatic = section.take("num_replicas") == "\"auto\"";
  const bool given = section.has("autoscaling_config");
  const bool numbered = !automatic && section.read("num_replicas", reading.config.num_replicas);
  if (numbered) set_replicas(reading, reading.config.num_replicas);
  if (!given && !automatic) return;
  AutoscalingConfig scaling = read_autoscaling(section.section("autoscaling_config"), automatic);
  if (numbered) begin_with(section, scaling, reading.config.num_replicas);
  set_replicas(reading, std::max(scaling.min_replicas, scaling.initial_replicas.value_or(scaling.min_replicas)));
  reading.config.autoscaling_config = scaling;
  keep(reading, "autoscaling_config", scaling);
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

void read_strategy(Reading& reading) {
  if (reading.section.has("placement_group_strategy") && !reading.section.has("placement_group_bundles"))
    reading.section.warn("placement_group_strategy",
                         "without placement_group_bundles it is about one bundle, made of ray_actor_options");
}

void read_resources(Reading& reading) {
  const bool given = reading.section.has("ray_actor_options");
  Section options = reading.section.section("ray_actor_options");
  options.read_members(reading.config.ray_actor_options);
  read_environment(reading, options.section("runtime_env"));
  options.ignore({"object_store_memory"}, "not acted on yet");
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

void read_router(Reading& reading) {
  const bool given = reading.section.has("request_router_config");
  Section router = reading.section.section("request_router_config");
  router.read_members(reading.config.request_router_config);
  router.refuse_rest();
  RequestRouterConfig& config = reading.config.request_router_config;
  if (const auto policy = read_routing_policy(config); policy && config.request_router_class.starts_with("ray.")) {
    config.request_router_class = policy->name;
    router.warn("request_router_class", "a class of Ray Serve; here it is '" + config.request_router_class + "'");
  }
  if (given) keep(reading, "request_router_config", reading.config.request_router_config);
}

void read_backpressure(Reading& reading) {
  Section backpressure = reading.section.section("backpressure_config");
  if (backpressure.read("status_code", reading.config.backpressure_status_code))
    keep(reading, "backpressure_status_code", reading.config.backpressure_status_code);
  if (backpressure.read("retry_after_s", reading.config.backpressure_retry_after_s))
    keep(reading, "backpressure_retry_after_s", reading.config.backpressure_retry_after_s);
  backpressure.refuse_rest();
}

}  // namespace

DeploymentOverride read_deployment(Section section) {
  Reading reading{.section = section, .override = {}, .config = {}};
  section.read("name", reading.override.name);
  read_plain_members(reading);
  read_num_replicas(reading);
  read_strategy(reading);
  read_resources(reading);
  read_warmup(reading);
  read_backpressure(reading);
  if (const auto user_config = section.take("user_config")) keep(reading, "user_config", *user_config);
  std::map<std::string, std::string> variables;
  section.read("env_vars", variables);
  variables.merge(reading.config.env_vars);
  reading.config.env_vars = std::move(variables);
  if (!reading.config.env_vars.empty()) keep(reading, "env_vars", reading.config.env_vars);
  read_router(reading);
  if (reading.config.logging_config = read_logging(section); reading.config.logging_config)
    keep(reading, "logging_config", reading.config.logging_config);
  section.ignore({"version", "deployment_actors"}, "not acted on yet");
  section.refuse_rest();
  for (const Fault& fault : faults(reading.config)) section.refuse_below(fault.field, fault.message);
  return std::move(reading.override);
}

}  // namespace manta::spec
