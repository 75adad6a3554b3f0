#include "spec/validate.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>
#include <string_view>

#include <manta/detail/json_reader.h>

#include "spec/import_path.h"

namespace manta::spec {
namespace {

std::string text(double number) {
  char digits[32];
  return {digits, std::to_chars(digits, digits + sizeof digits, number).ptr};
}

// Collects faults of one struct; each check names its field.
class Checks {
 public:
  void require(bool ok, std::string field, std::string message) {
    if (!ok) faults_.push_back({std::move(field), std::move(message)});
  }
  void at_least(double value, double least, std::string field) {
    require(value >= least, std::move(field), "expected " + text(least) + " or more, found " + text(value));
  }
  void above(double value, double least, std::string field) {
    require(value > least, std::move(field), "expected more than " + text(least) + ", found " + text(value));
  }
  void between(double value, double least, double most, std::string field) {
    require(value >= least && value <= most, std::move(field),
            "expected " + text(least) + " to " + text(most) + ", found " + text(value));
  }
  void json(const std::string& value, std::string field) {
    const detail::JsonReader reader(value);
    require(reader.ok(), std::move(field), reader.error());
  }
  // Names stand in replica ids, paths and metric labels.
  void name(std::string_view value, std::string field) {
    constexpr std::size_t kLongest = 128;
    require(!value.empty(), field, "a name is needed");
    require(value.size() <= kLongest, field, "longer than " + std::to_string(kLongest) + " bytes");
    const bool clean =
        std::ranges::all_of(value, [](unsigned char c) { return c > ' ' && c != '#' && c != '/' && c != 0x7f; });
    require(clean, std::move(field), "'" + std::string(value) + "' holds a space, '#', '/' or a control character");
  }
  void environment(const std::map<std::string, std::string>& variables, const std::string& field) {
    for (const auto& [key, value] : variables) {
      require(!key.empty() && key.find('=') == std::string::npos && key.find('\0') == std::string::npos, field,
              "'" + key + "' cannot name an environment variable");
      require(value.find('\0') == std::string::npos, field + "." + key, "a NUL cannot stand in the environment");
    }
  }
  void nested(const std::vector<Fault>& faults, const std::string& prefix) {
    for (const Fault& fault : faults) faults_.push_back({prefix + "." + fault.field, fault.message});
  }
  std::vector<Fault> take() { return std::move(faults_); }

 private:
  std::vector<Fault> faults_;
};

std::string element(const std::string& field, std::size_t index) { return field + "[" + std::to_string(index) + "]"; }

void check_resources(Checks& checks, const Resources& resources) {
  const std::string prefix = "ray_actor_options.";
  checks.at_least(resources.num_cpus, 0, prefix + "num_cpus");
  checks.at_least(resources.num_gpus, 0, prefix + "num_gpus");
  checks.require(resources.num_gpus <= 1 || std::trunc(resources.num_gpus) == resources.num_gpus, prefix + "num_gpus",
                 "expected a fraction of one GPU or a whole number, found " + text(resources.num_gpus));
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

void check_route_prefix(Checks& checks, std::string_view prefix) {
  const std::string field = "route_prefix";
  checks.require(prefix.starts_with('/'), field,
                 "expected a path that starts with '/', found '" + std::string(prefix) + "'");
  checks.require(prefix.size() <= 1 || !prefix.ends_with('/'), field, "no '/' at the end, except for '/' itself");
  checks.require(prefix.find_first_of("{}") == std::string_view::npos, field,
                 "no '{' or '}': parameters belong in routes");
  checks.require(prefix.find_first_of("?#") == std::string_view::npos &&
                     std::ranges::none_of(prefix, [](unsigned char c) { return c <= ' ' || c == 0x7f; }),
                 field, "no spaces, '?' or '#'");
}

}  // namespace

std::vector<Fault> faults(const DeploymentConfig& config) {
  Checks checks;
  checks.at_least(config.num_replicas, 1, "num_replicas");
  checks.at_least(config.max_ongoing_requests, 1, "max_ongoing_requests");
  checks.at_least(config.max_queued_requests, -1, "max_queued_requests");
  checks.require(config.backpressure_status_code == 503 || config.backpressure_status_code == 429,
                 "backpressure_status_code", "expected 503 or 429");
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
  return checks.take();
}

std::vector<Fault> faults(const HttpOptions& options) {
  Checks checks;
  checks.require(!options.host.empty(), "host", "an address is needed");
  checks.between(options.port, 0, 65535, "port");
  if (!options.root_path.empty())
    checks.require(options.root_path.starts_with('/') && !options.root_path.ends_with('/'), "root_path",
                   "expected a path that starts with '/' and does not end with one");
  checks.at_least(options.request_timeout_s, 0, "request_timeout_s");
  checks.above(options.keep_alive_timeout_s, 0, "keep_alive_timeout_s");
  checks.at_least(options.max_body_bytes, 1, "max_body_bytes");
  checks.at_least(options.max_header_bytes, 1024, "max_header_bytes");
  return checks.take();
}

std::vector<Fault> faults(const ApplicationConfig& config) {
  Checks checks;
  checks.name(config.name, "name");
  if (config.route_prefix) check_route_prefix(checks, *config.route_prefix);
  if (const auto path = parse_import_path(config.import_path); config.import_path.empty())
    checks.require(false, "import_path", "needed: 'lib.so:function', 'exec:path' or 'builtin:name'");
  else if (!path)
    checks.require(false, "import_path", path.error().message);
  checks.json(config.args, "args");
  checks.environment(config.env_vars, "env_vars");
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < config.deployments.size(); ++i) {
    const std::string& name = config.deployments[i].name;
    checks.name(name, element("deployments", i) + ".name");
    checks.require(names.insert(name).second, element("deployments", i) + ".name", "'" + name + "' is given twice");
  }
  return checks.take();
}

std::vector<Fault> faults(const InstanceConfig& config) {
  Checks checks;
  const bool known = config.proxy_location == "EveryNode" || config.proxy_location == "HeadOnly" ||
                     config.proxy_location == "Disabled";
  checks.require(known, "proxy_location",
                 "expected EveryNode, HeadOnly or Disabled, found '" + config.proxy_location + "'");
  checks.nested(faults(config.http_options), "http_options");
  std::set<std::string_view> names, routes;
  for (std::size_t i = 0; i < config.applications.size(); ++i) {
    const ApplicationConfig& application = config.applications[i];
    const std::string place = element("applications", i);
    checks.nested(faults(application), place);
    checks.require(names.insert(application.name).second, place + ".name",
                   "another application is called '" + application.name + "' too");
    if (const auto& prefix = application.route_prefix)
      checks.require(routes.insert(*prefix).second, place + ".route_prefix",
                     "another application has '" + *prefix + "' too");
  }
  return checks.take();
}

std::vector<Fault> faults(const ApplicationGraph& graph) {
  Checks checks;
  checks.name(graph.name, "name");
  if (!graph.route_prefix.empty()) check_route_prefix(checks, graph.route_prefix);
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const NodeSpec& node = graph.nodes[i];
    const std::string place = element("nodes", i);
    checks.name(node.name, place + ".name");
    checks.nested(faults(node.config), place + ".config");
    for (const std::string& child : node.children)
      checks.require(names.contains(child), place + ".children", "'" + child + "' does not stand before its caller");
    checks.require(names.insert(node.name).second, place + ".name", "'" + node.name + "' is given twice");
  }
  checks.require(names.contains(graph.ingress), "ingress",
                 "'" + graph.ingress + "' is no deployment of the application");
  return checks.take();
}

}  // namespace manta::spec
