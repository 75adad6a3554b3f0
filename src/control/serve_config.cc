#include "control/serve_config.h"

#include <string_view>
#include <utility>

#include <manta/detail/json.h>

#include "spec/autoscaling_policy.h"
#include "spec/routing_policy.h"

namespace manta::control {
namespace {

template <class T>
std::optional<T> unless_empty(const T& value) {
  return value.empty() ? std::optional<T>() : value;
}

std::optional<double> unless_zero(double value) { return value == 0 ? std::optional<double>() : value; }

ServeActorOptions serve_options(const Resources& resources, const std::map<std::string, std::string>& env_vars) {
  return {.num_cpus = resources.num_cpus,
          .num_gpus = unless_zero(resources.num_gpus),
          .memory = unless_zero(resources.memory),
          .resources = unless_empty(resources.resources),
          .accelerator_type = unless_empty(resources.accelerator_type),
          .label_selector = unless_empty(resources.label_selector),
          .fallback_strategy = unless_empty(resources.fallback_strategy),
          .runtime_env = env_vars.empty() ? std::optional<ServeRuntimeEnv>() : ServeRuntimeEnv{env_vars}};
}

ServeBackpressure serve_backpressure(int status_code, double retry_after_s) {
  return {.status_code = status_code, .retry_after_s = unless_zero(retry_after_s)};
}

ServeAutoscalingPolicy serve_policy(const AutoscalingConfig& config) {
  ServeAutoscalingPolicy policy{.policy_function = {}, .policy_kwargs = config.policy_kwargs};
  if (config.policy == spec::kDefaultAutoscalingPolicy)
    policy.policy_function = "ray.serve.autoscaling_policy:default_autoscaling_policy";
  return policy;
}

ServeAutoscaling serve_autoscaling(const AutoscalingConfig& config) {
  return {.min_replicas = config.min_replicas,
          .max_replicas = config.max_replicas,
          .initial_replicas = config.initial_replicas,
          .target_ongoing_requests = config.target_ongoing_requests,
          .look_back_period_s = config.look_back_period_s,
          .metrics_interval_s = config.metrics_interval_s,
          .aggregation_function = config.aggregation_function,
          .upscale_delay_s = config.upscale_delay_s,
          .downscale_delay_s = config.downscale_delay_s,
          .downscale_to_zero_delay_s = config.downscale_to_zero_delay_s,
          .upscaling_factor = config.upscaling_factor,
          .downscaling_factor = config.downscaling_factor,
          .policy = serve_policy(config)};
}

ServeRouter serve_router(const RequestRouterConfig& config) {
  ServeRouter router{.request_router_class = {},
                     .request_router_kwargs = config.request_router_kwargs,
                     .request_routing_stats_period_s = config.request_routing_stats_period_s,
                     .request_routing_stats_timeout_s = config.request_routing_stats_timeout_s,
                     .initial_backoff_s = config.initial_backoff_s,
                     .backoff_multiplier = config.backoff_multiplier,
                     .max_backoff_s = config.max_backoff_s};
  const auto policy = spec::read_routing_policy(config);
  if (const auto path = spec::ray_router_class(policy ? policy->name : ""); !path.empty())
    router.request_router_class = path;
  return router;
}

// Reads the field as a Field and writes what `made` makes of it; leaves one that cannot be read as it is.
template <class Field, class Make>
void rewrite(std::map<std::string, std::string>& fields, const std::string& name, Make made) {
  const auto found = fields.find(name);
  if (found == fields.end()) return;
  if (const auto field = detail::from_json<Field>(found->second))
    found->second = detail::to_json(made(*field)).value_or(found->second);
}

void rewrite_backpressure(std::map<std::string, std::string>& fields) {
  const auto number = [&](const char* name) -> std::optional<double> {
    const auto field = fields.extract(name);
    if (field.empty()) return {};
    return detail::from_json<double>(field.mapped()).value_or(0);
  };
  const auto status_code = number("backpressure_status_code");
  const auto retry_after_s = number("backpressure_retry_after_s");
  if (!status_code && !retry_after_s) return;
  const ServeBackpressure config =
      serve_backpressure(static_cast<int>(status_code.value_or(503)), retry_after_s.value_or(0));
  fields["backpressure_config"] = detail::to_json(config).value_or("{}");
}

}  // namespace

ServeDeploymentConfig serve_config(const DeploymentConfig& config) {
  ServeDeploymentConfig made{
      .name = config.name,
      .max_ongoing_requests = config.max_ongoing_requests,
      .max_queued_requests = config.max_queued_requests,
      .backpressure_config = serve_backpressure(config.backpressure_status_code, config.backpressure_retry_after_s),
      .graceful_shutdown_wait_loop_s = config.graceful_shutdown_wait_loop_s,
      .graceful_shutdown_timeout_s = config.graceful_shutdown_timeout_s,
      .health_check_period_s = config.health_check_period_s,
      .health_check_timeout_s = config.health_check_timeout_s,
      .ray_actor_options = serve_options(config.ray_actor_options, config.env_vars),
      .placement_group_bundles = unless_empty(config.placement_group_bundles),
      .placement_group_bundle_label_selector = unless_empty(config.placement_group_bundle_label_selector),
      .logging_config = config.logging_config,
      .request_router_config = serve_router(config.request_router_config),
      .gang_scheduling_config = config.gang_scheduling_config,
      .rolling_update_percentage = config.rolling_update_percentage,
      .max_surge_percent = config.max_surge_percent};
  if (config.user_config) made.user_config = Json{*config.user_config};
  if (config.autoscaling_config)
    made.autoscaling_config = serve_autoscaling(*config.autoscaling_config);
  else
    made.num_replicas = config.num_replicas;
  if (made.placement_group_bundles) made.placement_group_strategy = config.placement_group_strategy;
  if (config.max_replicas_per_node > 0) made.max_replicas_per_node = config.max_replicas_per_node;
  return made;
}

spec::ApplicationConfig serve_config(spec::ApplicationConfig application) {
  for (spec::DeploymentOverride& deployment : application.deployments) {
    rewrite<AutoscalingConfig>(deployment.fields, "autoscaling_config", serve_autoscaling);
    rewrite<RequestRouterConfig>(deployment.fields, "request_router_config", serve_router);
    rewrite<Resources>(deployment.fields, "ray_actor_options",
                       [](const Resources& resources) { return serve_options(resources, {}); });
    rewrite_backpressure(deployment.fields);
  }
  return application;
}

}  // namespace manta::control
