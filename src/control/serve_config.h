#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <boost/describe/class.hpp>

#include <manta/config.h>

#include "spec/instance_config.h"

namespace manta::control {

// Configuration in the words of Ray Serve's REST API, which clients of it read with Ray's own models: what is not set
// is left out, and what only this project has is left out too (`.../effective` has everything).

struct ServeRuntimeEnv {
  std::map<std::string, std::string> env_vars;
};
BOOST_DESCRIBE_STRUCT(ServeRuntimeEnv, (), (env_vars))

struct ServeActorOptions {
  static constexpr bool kOmitsNull = true;
  double num_cpus = 0;
  std::optional<double> num_gpus, memory;
  std::optional<std::map<std::string, double>> resources;
  std::optional<std::string> accelerator_type;
  std::optional<std::map<std::string, std::string>> label_selector;
  std::optional<std::vector<FallbackOption>> fallback_strategy;
  std::optional<ServeRuntimeEnv> runtime_env;
};
BOOST_DESCRIBE_STRUCT(ServeActorOptions, (),
                      (num_cpus, num_gpus, memory, resources, accelerator_type, label_selector, fallback_strategy,
                       runtime_env))

struct ServeBackpressure {
  int status_code = 503;
  std::optional<double> retry_after_s;
};
BOOST_DESCRIBE_STRUCT(ServeBackpressure, (), (status_code, retry_after_s))

// Ray's clients import what a function or class is named by: it is named only where Ray has it.
struct ServeAutoscalingPolicy {
  static constexpr bool kOmitsNull = true;
  std::optional<std::string> policy_function;
  Json policy_kwargs{"{}"};
};
BOOST_DESCRIBE_STRUCT(ServeAutoscalingPolicy, (), (policy_function, policy_kwargs))

struct ServeAutoscaling {
  int min_replicas = 1, max_replicas = 1;
  std::optional<int> initial_replicas;
  double target_ongoing_requests = 2, look_back_period_s = 30, metrics_interval_s = 10;
  std::string aggregation_function;
  double upscale_delay_s = 30, downscale_delay_s = 600;
  std::optional<double> downscale_to_zero_delay_s;
  double upscaling_factor = 1, downscaling_factor = 1;
  ServeAutoscalingPolicy policy;
};
BOOST_DESCRIBE_STRUCT(ServeAutoscaling, (),
                      (min_replicas, initial_replicas, max_replicas, target_ongoing_requests, look_back_period_s,
                       metrics_interval_s, aggregation_function, upscale_delay_s, downscale_delay_s,
                       downscale_to_zero_delay_s, upscaling_factor, downscaling_factor, policy))

struct ServeRouter {
  static constexpr bool kOmitsNull = true;
  std::optional<std::string> request_router_class;
  Json request_router_kwargs{"{}"};
  double request_routing_stats_period_s = 10, request_routing_stats_timeout_s = 30;
  double initial_backoff_s = 0.025, backoff_multiplier = 2, max_backoff_s = 0.5;
};
BOOST_DESCRIBE_STRUCT(ServeRouter, (),
                      (request_router_class, request_router_kwargs, request_routing_stats_period_s,
                       request_routing_stats_timeout_s, initial_backoff_s, backoff_multiplier, max_backoff_s))

// deployment_config of a deployment.
struct ServeDeploymentConfig {
  static constexpr bool kOmitsNull = true;
  std::string name;
  std::optional<int> num_replicas;  // none: the load decides
  int max_ongoing_requests = 5, max_queued_requests = -1;
  ServeBackpressure backpressure_config;
  std::optional<Json> user_config;
  std::optional<ServeAutoscaling> autoscaling_config;
  double graceful_shutdown_wait_loop_s = 2, graceful_shutdown_timeout_s = 20;
  double health_check_period_s = 10, health_check_timeout_s = 30;
  ServeActorOptions ray_actor_options;
  std::optional<std::vector<std::map<std::string, double>>> placement_group_bundles;
  std::optional<std::string> placement_group_strategy;
  std::optional<std::vector<std::map<std::string, std::string>>> placement_group_bundle_label_selector;
  std::optional<int> max_replicas_per_node;
  std::optional<LoggingConfig> logging_config;
  ServeRouter request_router_config;
  std::optional<GangSchedulingConfig> gang_scheduling_config;
  double rolling_update_percentage = 0.2;
  std::optional<double> max_surge_percent;
};
BOOST_DESCRIBE_STRUCT(ServeDeploymentConfig, (),
                      (name, num_replicas, max_ongoing_requests, max_queued_requests, backpressure_config, user_config,
                       autoscaling_config, graceful_shutdown_wait_loop_s, graceful_shutdown_timeout_s,
                       health_check_period_s, health_check_timeout_s, ray_actor_options, placement_group_bundles,
                       placement_group_strategy, placement_group_bundle_label_selector, max_replicas_per_node,
                       logging_config, request_router_config, gang_scheduling_config, rolling_update_percentage,
                       max_surge_percent))

ServeDeploymentConfig serve_config(const DeploymentConfig& config);

// The entry of a configuration file with those of its values changed that Ray's models would not take.
spec::ApplicationConfig serve_config(spec::ApplicationConfig application);

}  // namespace manta::control
