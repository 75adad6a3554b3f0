#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <boost/describe/class.hpp>

#include <manta/autoscaling_config.h>
#include <manta/placement_config.h>
#include <manta/routing_config.h>

namespace manta {

// One call made to a new replica after its constructor and first health check; it is ready when all have succeeded.
struct WarmUp {
  std::string method;       // name of a method
  std::string body = "{}";  // its argument as JSON
  int count = 1;
  bool operator==(const WarmUp&) const = default;
};
BOOST_DESCRIBE_STRUCT(WarmUp, (), (method, body, count))

// How one deployment runs. Every field can be overridden by deployment name in YAML. Names and defaults are Ray Serve's
// where it has the thing.
struct DeploymentConfig {
  std::string name;                    // default: the class name without namespaces
  int num_replicas = 1;                // processes; with autoscaling_config: the number to begin with
  int max_ongoing_requests = 5;        // per replica; enforced by the replica
  int max_queued_requests = -1;        // per calling process; -1 = no limit; beyond it: Overloaded
  int backpressure_status_code = 503;  // 503 or 429 for Overloaded
  Resources ray_actor_options;         // `resources` of one replica, under the name that users know
  int compute_threads = 1;             // threads for plain methods and compute(); 1 = members need no lock
  double health_check_period_s = 10;   // seconds between checks, jittered by 10 %
  double health_check_timeout_s = 30;
  double graceful_shutdown_wait_loop_s = 2;  // seconds between looks whether requests are still ongoing
  double graceful_shutdown_timeout_s = 20;   // then the process is killed
  double initialization_timeout_s = 600;     // constructor, first health check and warm-up together
  double request_timeout_s = 0;              // deadline of each call, when the caller gives none; 0 = none
  int max_constructor_retry_count = 20;
  int max_replicas_per_node = 0;           // 0 = no limit
  std::optional<std::string> user_config;  // JSON given to reconfigure()
  std::vector<WarmUp> warmup;
  std::map<std::string, std::string> env_vars;  // added to the environment of the replica process
  std::optional<AutoscalingConfig> autoscaling_config;
  RequestRouterConfig request_router_config;
  AdmissionConfig admission;
  CircuitBreakerConfig circuit_breaker;
  double rolling_update_percentage = 20;    // of num_replicas, replaced at a time (at least one)
  std::optional<double> max_surge_percent;  // started beyond num_replicas during an update; 0: old ones stop first;
                                            // none: as many as are replaced at a time, where resources allow
  bool rollback_on_failure = false;         // an update that fails goes back to the version that ran before
  std::vector<std::map<std::string, double>>
      placement_group_bundles;                    // {"GPU": 1, "CPU": 4}; a replica runs in the first
  std::string placement_group_strategy = "PACK";  // PACK, SPREAD, STRICT_PACK, STRICT_SPREAD
  std::vector<std::map<std::string, std::string>> placement_group_bundle_label_selector;
  std::optional<NodeAffinity> node_affinity;
  std::optional<GangSchedulingConfig> gang_scheduling_config;
  bool operator==(const DeploymentConfig&) const = default;
};
BOOST_DESCRIBE_STRUCT(DeploymentConfig, (),
                      (name, num_replicas, max_ongoing_requests, max_queued_requests, backpressure_status_code,
                       ray_actor_options, compute_threads, health_check_period_s, health_check_timeout_s,
                       graceful_shutdown_wait_loop_s, graceful_shutdown_timeout_s, initialization_timeout_s,
                       request_timeout_s, max_constructor_retry_count, max_replicas_per_node, user_config, warmup,
                       env_vars, autoscaling_config, request_router_config, admission, circuit_breaker,
                       rolling_update_percentage, max_surge_percent, rollback_on_failure, placement_group_bundles,
                       placement_group_strategy, placement_group_bundle_label_selector, node_affinity,
                       gang_scheduling_config))

}  // namespace manta
