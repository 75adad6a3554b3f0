#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <utility>

#include <manta/config.h>

#include "spec/autoscaling_policy.h"
#include "spec/batching.h"
#include "spec/checks.h"
#include "spec/in_proxy_faults.h"
#include "spec/routing_policy.h"
#include "spec/validate.h"

namespace manta::spec {
namespace {

void check_resources(Checks& checks, const Resources& resources) {
  const std::string prefix = "ray_actor_options.";
  checks.at_least(resources.num_cpus, 0, prefix + "num_cpus");
  checks.at_least(resources.num_gpus, 0, prefix + "num_gpus");
  checks.require(resources.num_gpus <= 1 || std::trunc(resources.num_gpus) == resources.num_gpus, prefix + "num_gpus",
                 "expected a fraction of one GPU or a whole number, found " + number_text(resources.num_gpus));
  checks.at_least(resources.memory, 0, prefix + "memory");
  for (const auto& [name, amount] : resources.resources) checks.at_least(amount, 0, prefix + "resources." + name);
}

void check_warmup(Checks& checks, const std::vector<WarmUp>& warmup) {
  for (std::size_t i = 0; i < warmup.size(); ++i) {
    checks.require(!warmup[i].method.empty(), element("warmup", i) + ".method", "the name of a method is needed");
    checks.json(warmup[i].body, element("warmup", i) + ".body");
    checks.at_least(warmup[i].count, 1, element("warmup", i) + ".count");
  }
}

void check_rollout(Checks& checks, const DeploymentConfig& config) {
  checks.require(
      config.rolling_update_percentage > 0 && config.rolling_update_percentage <= 1, "rolling_update_percentage",
      "expected a fraction above 0 and up to 1 (0.2 is 20 %), found " + number_text(config.rolling_update_percentage));
  if (config.max_surge_percent) checks.between(*config.max_surge_percent, 0, 100, "max_surge_percent");
}

void check_admission(Checks& checks, const AdmissionConfig& admission) {
  const std::string prefix = "admission.";
  checks.at_least(admission.max_queued_bytes, 0, prefix + "max_queued_bytes");
  checks.at_least(admission.max_queue_age_s, 0, prefix + "max_queue_age_s");
  checks.at_least(admission.requests_per_s, 0, prefix + "requests_per_s");
  checks.at_least(admission.burst, 0, prefix + "burst");
  checks.at_least(admission.tenant_requests_per_s, 0, prefix + "tenant_requests_per_s");
  checks.at_least(admission.tenant_burst, 0, prefix + "tenant_burst");
  for (const auto& [tenant, weight] : admission.tenant_weights)
    checks.above(weight, 0, prefix + "tenant_weights." + tenant);
}

void check_routing(Checks& checks, const DeploymentConfig& config) {
  const RequestRouterConfig& router = config.request_router_config;
  if (const auto policy = read_routing_policy(router); !policy)
    checks.require(false, "request_router_config." + policy.error().detail, policy.error().message);
  checks.above(router.initial_backoff_s, 0, "request_router_config.initial_backoff_s");
  checks.at_least(router.backoff_multiplier, 1, "request_router_config.backoff_multiplier");
  checks.at_least(router.max_backoff_s, router.initial_backoff_s, "request_router_config.max_backoff_s");
  checks.above(router.request_routing_stats_period_s, 0, "request_router_config.request_routing_stats_period_s");
  checks.above(router.request_routing_stats_timeout_s, 0, "request_router_config.request_routing_stats_timeout_s");
  check_admission(checks, config.admission);
  const CircuitBreakerConfig& breaker = config.circuit_breaker;
  checks.between(breaker.failure_threshold, 0, 10'000, "circuit_breaker.failure_threshold");
  checks.above(breaker.window_s, 0, "circuit_breaker.window_s");
  checks.above(breaker.open_s, 0, "circuit_breaker.open_s");
  checks.at_least(breaker.success_threshold, 1, "circuit_breaker.success_threshold");
  checks.between(breaker.max_open_percent, 0, 100, "circuit_breaker.max_open_percent");
}

void check_strategy(Checks& checks, const std::string& strategy, const std::string& field) {
  const bool known =
      strategy == "PACK" || strategy == "SPREAD" || strategy == "STRICT_PACK" || strategy == "STRICT_SPREAD";
  checks.require(known, field, "expected PACK, SPREAD, STRICT_PACK or STRICT_SPREAD, found '" + strategy + "'");
}

// Defaults are rounded to whole gangs when they are used.
void check_gang_bounds(Checks& checks, const AutoscalingConfig& config, int gang_size) {
  const auto whole = [&](int value, bool is_default, const char* name) {
    checks.require(is_default || value % gang_size == 0, std::string("autoscaling_config.") + name,
                   "expected a multiple of gang_size " + std::to_string(gang_size));
  };
  const AutoscalingConfig defaults;
  whole(config.min_replicas, config.min_replicas == defaults.min_replicas, "min_replicas");
  whole(config.max_replicas, config.max_replicas == 100, "max_replicas");
  if (config.initial_replicas) whole(*config.initial_replicas, false, "initial_replicas");
}

void check_placement(Checks& checks, const DeploymentConfig& config) {
  check_strategy(checks, config.placement_group_strategy, "placement_group_strategy");
  for (std::size_t i = 0; i < config.placement_group_bundles.size(); ++i) {
    const std::string place = element("placement_group_bundles", i);
    checks.require(!config.placement_group_bundles[i].empty(), place, "a bundle needs resources: {CPU: 1}");
    for (const auto& [resource, amount] : config.placement_group_bundles[i]) {
      checks.above(amount, 0, place + "." + resource);
      checks.require(resource != "GPU" || amount <= 1 || std::trunc(amount) == amount, place + ".GPU",
                     "expected a fraction of one GPU or a whole number, found " + number_text(amount));
    }
  }
  const std::size_t labelled = config.placement_group_bundle_label_selector.size();
  checks.require(labelled <= 1 || labelled == config.placement_group_bundles.size(),
                 "placement_group_bundle_label_selector", "expected one selector, or one for each bundle");
  checks.require(config.placement_group_bundles.empty() || config.max_replicas_per_node == 0, "max_replicas_per_node",
                 "not together with placement_group_bundles; STRICT_SPREAD keeps bundles apart");
  if (config.node_affinity)
    checks.require(!config.node_affinity->node_id.empty(), "node_affinity.node_id", "the id of a node is needed");
  const auto& gang = config.gang_scheduling_config;
  if (!gang) return;
  checks.at_least(gang->gang_size, 1, "gang_scheduling_config.gang_size");
  check_strategy(checks, gang->gang_placement_strategy, "gang_scheduling_config.gang_placement_strategy");
  checks.require(gang->gang_placement_strategy != "STRICT_PACK" || config.placement_group_strategy != "STRICT_SPREAD" ||
                     config.placement_group_bundles.size() <= 1,
                 "gang_scheduling_config.gang_placement_strategy",
                 "STRICT_PACK of bundles that are kept apart by STRICT_SPREAD is not possible");
  checks.require(gang->runtime_failure_policy == "RESTART_GANG", "gang_scheduling_config.runtime_failure_policy",
                 "expected RESTART_GANG, found '" + gang->runtime_failure_policy + "'");
  if (config.autoscaling_config) check_gang_bounds(checks, *config.autoscaling_config, std::max(1, gang->gang_size));
  checks.require(gang->gang_size < 1 || config.num_replicas % gang->gang_size == 0, "num_replicas",
                 "expected a multiple of gang_size " + std::to_string(gang->gang_size));
}

}  // namespace

std::vector<Fault> faults(const AutoscalingConfig& config) {
  Checks checks;
  checks.at_least(config.min_replicas, 0, "min_replicas");
  checks.at_least(config.max_replicas, 1, "max_replicas");
  checks.require(config.min_replicas <= config.max_replicas, "min_replicas", "expected max_replicas or fewer");
  if (config.initial_replicas)
    checks.between(*config.initial_replicas, config.min_replicas, config.max_replicas, "initial_replicas");
  checks.above(config.target_ongoing_requests, 0, "target_ongoing_requests");
  checks.above(config.look_back_period_s, 0, "look_back_period_s");
  checks.above(config.metrics_interval_s, 0, "metrics_interval_s");
  const bool known = config.aggregation_function == "mean" || config.aggregation_function == "max" ||
                     config.aggregation_function == "min";
  checks.require(known, "aggregation_function",
                 "expected mean, max or min, found '" + config.aggregation_function + "'");
  checks.at_least(config.upscale_delay_s, 0, "upscale_delay_s");
  checks.at_least(config.downscale_delay_s, 0, "downscale_delay_s");
  if (config.downscale_to_zero_delay_s)
    checks.at_least(*config.downscale_to_zero_delay_s, 0, "downscale_to_zero_delay_s");
  checks.above(config.upscaling_factor, 0, "upscaling_factor");
  checks.above(config.downscaling_factor, 0, "downscaling_factor");
  for (const Fault& fault : policy_faults(config)) checks.require(false, fault.field, fault.message);
  checks.at_least(config.max_upscale_step, 0, "max_upscale_step");
  checks.at_least(config.max_downscale_step, 0, "max_downscale_step");
  checks.at_least(config.max_upscale_per_minute, 0, "max_upscale_per_minute");
  checks.at_least(config.max_downscale_per_minute, 0, "max_downscale_per_minute");
  checks.require(config.hysteresis >= 0 && config.hysteresis < 1, "hysteresis",
                 "expected 0 or more and less than 1, found " + number_text(config.hysteresis));
  return checks.take();
}

std::vector<Fault> faults(const DeploymentConfig& config) {
  Checks checks;
  if (config.autoscaling_config)
    checks.nested(faults(*config.autoscaling_config), "autoscaling_config");
  else
    checks.at_least(config.num_replicas, 1, "num_replicas");
  checks.at_least(config.max_ongoing_requests, 1, "max_ongoing_requests");
  checks.at_least(config.max_queued_requests, -1, "max_queued_requests");
  checks.require(config.backpressure_status_code == 503 || config.backpressure_status_code == 429,
                 "backpressure_status_code", "expected 503 or 429");
  checks.at_least(config.backpressure_retry_after_s, 0, "backpressure_retry_after_s");
  check_resources(checks, config.ray_actor_options);
  checks.between(config.compute_threads, 1, 1024, "compute_threads");
  checks.above(config.health_check_period_s, 0, "health_check_period_s");
  checks.above(config.health_check_timeout_s, 0, "health_check_timeout_s");
  checks.at_least(config.graceful_shutdown_wait_loop_s, 0, "graceful_shutdown_wait_loop_s");
  checks.at_least(config.graceful_shutdown_timeout_s, 0, "graceful_shutdown_timeout_s");
  checks.above(config.initialization_timeout_s, 0, "initialization_timeout_s");
  checks.at_least(config.request_timeout_s, 0, "request_timeout_s");
  checks.at_least(config.max_constructor_retry_count, 1, "max_constructor_retry_count");
  checks.between(config.max_replicas_per_node, 0, 100, "max_replicas_per_node");
  if (config.user_config) checks.json(*config.user_config, "user_config");
  check_warmup(checks, config.warmup);
  checks.environment(config.env_vars, "env_vars");
  if (config.logging_config) checks.nested(faults(*config.logging_config), "logging_config");
  check_rollout(checks, config);
  check_routing(checks, config);
  for (Fault& fault : batching_faults(config)) checks.require(false, std::move(fault.field), std::move(fault.message));
  check_placement(checks, config);
  for (Fault& fault : in_proxy_faults(config)) checks.require(false, std::move(fault.field), std::move(fault.message));
  return checks.take();
}

}  // namespace manta::spec
