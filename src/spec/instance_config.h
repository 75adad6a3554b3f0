#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <boost/describe/class.hpp>

#include <manta/config.h>
#include <manta/traffic_config.h>

namespace manta::spec {

// The HTTP door.
struct HttpOptions {
  std::string host = "127.0.0.1";  // address to listen on; `0.0.0.0` = all
  int port = 8000;                 // TCP port, 0 to 65535; 0 = any free one
  std::string root_path;           // path before all routes, when a proxy in front adds one
  // deadline of each request; 0 = none. A client may ask for less or more with `x-request-timeout-seconds`
  double request_timeout_s = 0;
  double keep_alive_timeout_s = 90;    // an idle connection is closed after this long
  double max_body_bytes = 64 << 20;    // a larger request body is refused with 413
  double max_header_bytes = 64 << 10;  // a larger request head is refused with 431
  int threads = 0;                     // event loops of each proxy; 0 = one for every 4 cores, at least 1 and at most 8
  bool operator==(const HttpOptions&) const = default;
};
BOOST_DESCRIBE_STRUCT(HttpOptions, (),
                      (host, port, root_path, request_timeout_s, keep_alive_timeout_s, max_body_bytes, max_header_bytes,
                       threads))

// One entry of applications[].deployments[]: only the fields that stand in the file, as JSON text by field name; the
// rest keeps what the code says.
struct DeploymentOverride {
  std::string name;
  std::map<std::string, std::string> fields;
  bool operator==(const DeploymentOverride&) const = default;
};
BOOST_DESCRIBE_STRUCT(DeploymentOverride, (), (name, fields))

// A policy with its options.
struct AutoscalingPolicyConfig {
  std::string policy_function;  // `custom:<name>`: one of `Application::application_autoscaling_policies`
  Json policy_kwargs{"{}"};     // a JSON object for it
  bool operator==(const AutoscalingPolicyConfig&) const = default;
};
BOOST_DESCRIBE_STRUCT(AutoscalingPolicyConfig, (), (policy_function, policy_kwargs))

// One entry of applications[], environment already resolved.
struct ApplicationConfig {
  std::string name = "default";  // unique in the instance; no spaces, `/` or `#`
  // where its routes begin: starts with `/`, does not end with `/`, no `{}`; unique; none = of the code, else `/`
  std::optional<std::string> route_prefix;
  std::string import_path;  // what to run; needed
  std::string args = "{}";  // given to `build()` as `Args`
  // `runtime_env.env_vars`, a mapping of text to text: set in the environment of its replicas (quote numbers)
  std::map<std::string, std::string> env_vars;
  std::vector<DeploymentOverride> deployments;                     // what replaces fields of deployments, by name
  bool external_scaler_enabled = false;                            // `POST .../scale` may set numbers of replicas
  std::optional<AutoscalingPolicyConfig> autoscaling_policy = {};  // decides for all deployments that autoscale
  std::vector<TrafficRule> traffic = {};             // how requests are divided among deployments, and copied
  std::optional<LoggingConfig> logging_config = {};  // of its deployments that have none; none: that of the file
  // `together`: a replica of each of its deployments in one process, which call each other there. `separate`: a
  // process for each replica
  std::string placement = "separate";
  std::vector<std::string> together = {};  // with `placement: together`: the deployments that are; empty = all
  std::map<std::string, std::string> places =
      {};  // not in the file: where values stand, by path from here: "app.yaml:12 ${REPLICAS}"
  bool operator==(const ApplicationConfig&) const = default;
};
BOOST_DESCRIBE_STRUCT(ApplicationConfig, (),
                      (name, route_prefix, import_path, args, env_vars, deployments, external_scaler_enabled,
                       autoscaling_policy, traffic, logging_config, placement, together, places))

// A whole configuration file.
struct InstanceConfig {
  // `EveryNode`, `HeadOnly` or `Disabled` (also spelled `NoServer`): where the HTTP proxy runs
  std::string proxy_location = "EveryNode";
  HttpOptions http_options;                     // the HTTP door
  std::vector<ApplicationConfig> applications;  // the applications
  // scales every number of replicas (also the bounds of autoscaling), rounded half up, at least 1 unless 0
  std::optional<double> target_capacity;
  std::optional<LoggingConfig> logging_config = {};  // of the proxies, the controller, and what has none of its own
  bool operator==(const InstanceConfig&) const = default;
};
BOOST_DESCRIBE_STRUCT(InstanceConfig, (), (proxy_location, http_options, applications, target_capacity, logging_config))

}  // namespace manta::spec
