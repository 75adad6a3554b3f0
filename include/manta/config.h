#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <boost/describe/class.hpp>

#include <manta/autoscaling_config.h>
#include <manta/batching_config.h>
#include <manta/logging_config.h>
#include <manta/placement_config.h>
#include <manta/routing_config.h>

namespace manta {

// One call made to a new replica after its constructor and first health check; it is ready when all have succeeded.
struct WarmUp {
  std::string method;       // name of a method
  std::string body = "{}";  // its argument as JSON
  int count = 1;            // how often
  bool operator==(const WarmUp&) const = default;
};
BOOST_DESCRIBE_STRUCT(WarmUp, (), (method, body, count))

// How one deployment runs. Every field can be overridden by deployment name in YAML. Names and defaults are Ray Serve's
// where it has the thing.
struct DeploymentConfig {
  std::string name;  // which deployment; in code: the class name without namespaces
  // processes, 1 or more; with `autoscaling_config`: the number to begin with. `auto` = autoscaling between 1 and 100,
  // unless `autoscaling_config` says otherwise
  int num_replicas = 1;
  int max_ongoing_requests = 5;  // requests running in one replica at a time; the replica enforces it
  // requests waiting in one calling process; beyond, callers get Overloaded; -1 = no limit
  int max_queued_requests = -1;
  // HTTP status of Overloaded: 503 or 429. Ray's `backpressure_config: {status_code: 429}` sets it too
  int backpressure_status_code = 503;
  // seconds; `Retry-After` of an Overloaded of this queue; 0 = as the queue moves. Ray's
  // `backpressure_config: {retry_after_s: 5}` sets it too
  double backpressure_retry_after_s = 0;
  Resources ray_actor_options;         // what one replica needs; replaces the code's as a whole
  int compute_threads = 1;             // threads for plain methods and `manta::compute`; with 1, members need no lock
  double health_check_period_s = 10;   // between two health checks, jittered by 10 %
  double health_check_timeout_s = 30;  // a check that takes longer has failed; three in a row replace the replica
  // read as in Ray Serve, without effect: a replica ends with its last request
  double graceful_shutdown_wait_loop_s = 2;
  double graceful_shutdown_timeout_s = 20;  // a replica that has not stopped by then is killed
  double initialization_timeout_s = 600;    // for constructor, first health check and warm-up together
  double request_timeout_s = 0;             // deadline of a call whose caller gives none; 0 = none
  int max_constructor_retry_count = 20;     // failed starts before the deployment is given up as DEPLOY_FAILED
  int max_replicas_per_node = 0;            // replicas on one machine, up to 100; 0 = no limit
  // given to `reconfigure()` as JSON at start, and again when it changes, without a restart
  std::optional<std::string> user_config;
  std::vector<WarmUp> warmup;  // calls to a new replica before it counts as ready
  // added to the environment of the replicas, text to text; merged variable by variable with the code's.
  // `ray_actor_options.runtime_env.env_vars` adds to it
  std::map<std::string, std::string> env_vars;
  // the number of replicas follows the load; a number in `num_replicas` is the one to begin with
  std::optional<AutoscalingConfig> autoscaling_config;
  RequestRouterConfig request_router_config;       // how callers choose a replica
  AdmissionConfig admission;                       // what callers let in, and in which order the waiting are served
  CircuitBreakerConfig circuit_breaker;            // when callers keep away from a replica that fails
  std::map<std::string, BatchingConfig> batching;  // parameters of its batchers, by their names, below
  bool raise_for_batches = true;  // max_ongoing_requests becomes what batches need to fill; giving it turns this off
  std::optional<ResponseCacheConfig> response_cache;  // answers that are given again to equal requests, below
  // share of the replicas that an update replaces at a time, at least one; above 0 to 1: as in Ray Serve, a fraction
  double rolling_update_percentage = 0.2;
  // share started beyond `num_replicas` during an update; 0 = old ones stop first; none = as many as are replaced at
  // a time, where resources allow
  std::optional<double> max_surge_percent;
  bool rollback_on_failure = false;  // an update that fails goes back to the version that ran before
  // resources reserved together for each replica, all or none: `[{CPU: 1, GPU: 1}, {GPU: 1}]`; it runs in the first
  std::vector<std::map<std::string, double>> placement_group_bundles;
  // `PACK`, `SPREAD`, `STRICT_PACK`, `STRICT_SPREAD`: how the bundles lie on nodes. `STRICT_PACK` without bundles:
  // one bundle made of `ray_actor_options`
  std::string placement_group_strategy = "PACK";
  // labels of the nodes, one selector for all bundles or one for each
  std::vector<std::map<std::string, std::string>> placement_group_bundle_label_selector;
  std::optional<NodeAffinity> node_affinity;                   // the node on which replicas run
  std::optional<GangSchedulingConfig> gang_scheduling_config;  // replicas that live and die together
  // of its replicas; none: that of the application, else of the file
  std::optional<LoggingConfig> logging_config = {};
  // no replicas: every HTTP proxy runs it in its own process, which saves requests a hop. For the ingress of an
  // application, of a built-in class that can (`OpenAi`)
  bool in_proxy = false;
  bool operator==(const DeploymentConfig&) const = default;
};
BOOST_DESCRIBE_STRUCT(DeploymentConfig, (),
                      (name, num_replicas, max_ongoing_requests, max_queued_requests, backpressure_status_code,
                       backpressure_retry_after_s, ray_actor_options, compute_threads, health_check_period_s,
                       health_check_timeout_s, graceful_shutdown_wait_loop_s, graceful_shutdown_timeout_s,
                       initialization_timeout_s, request_timeout_s, max_constructor_retry_count, max_replicas_per_node,
                       user_config, warmup, env_vars, autoscaling_config, request_router_config, admission,
                       circuit_breaker, batching, raise_for_batches, response_cache, rolling_update_percentage,
                       max_surge_percent, rollback_on_failure, placement_group_bundles, placement_group_strategy,
                       placement_group_bundle_label_selector, node_affinity, gang_scheduling_config, logging_config,
                       in_proxy))

}  // namespace manta
