#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <boost/describe/class.hpp>

#include <manta/config.h>

namespace manta::spec {

struct HttpOptions {
  std::string host = "127.0.0.1";
  int port = 8000;
  std::string root_path;
  double request_timeout_s = 0;  // 0 = none
  double keep_alive_timeout_s = 90;
  double max_body_bytes = 64 << 20;
  double max_header_bytes = 64 << 10;
  bool operator==(const HttpOptions&) const = default;
};
BOOST_DESCRIBE_STRUCT(HttpOptions, (),
                      (host, port, root_path, request_timeout_s, keep_alive_timeout_s, max_body_bytes,
                       max_header_bytes))

// One entry of applications[].deployments[]: only the fields that stand in the file, as JSON text by field name; the
// rest keeps what the code says.
struct DeploymentOverride {
  std::string name;
  std::map<std::string, std::string> fields;
  bool operator==(const DeploymentOverride&) const = default;
};
BOOST_DESCRIBE_STRUCT(DeploymentOverride, (), (name, fields))

// One entry of applications[], environment already resolved.
struct ApplicationConfig {
  std::string name = "default";
  std::optional<std::string> route_prefix;      // none: that of the code, else "/"
  std::string import_path;                      // lib.so:function, exec:path, builtin:name
  std::string args = "{}";                      // JSON object given to build()
  std::map<std::string, std::string> env_vars;  // runtime_env.env_vars
  std::vector<DeploymentOverride> deployments;
  bool external_scaler_enabled = false;  // POST .../scale may set the number of replicas
  bool operator==(const ApplicationConfig&) const = default;
};
BOOST_DESCRIBE_STRUCT(ApplicationConfig, (),
                      (name, route_prefix, import_path, args, env_vars, deployments, external_scaler_enabled))

// A whole configuration file.
struct InstanceConfig {
  std::string proxy_location = "EveryNode";
  HttpOptions http_options;
  std::vector<ApplicationConfig> applications;
  std::optional<double> target_capacity;  // percent of all numbers of replicas, 0 to 100; none: 100
  bool operator==(const InstanceConfig&) const = default;
};
BOOST_DESCRIBE_STRUCT(InstanceConfig, (), (proxy_location, http_options, applications, target_capacity))

}  // namespace manta::spec
