#include "spec/validate.h"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

#include "spec/autoscaling_policy.h"
#include "spec/batching.h"
#include "spec/checks.h"
#include "spec/import_path.h"
#include "spec/routing_policy.h"
#include "spec/traffic_faults.h"

namespace manta::spec {
namespace {

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

// Callers run an application's own policy, and the HTTP proxy, which calls the ingress, runs no code of applications.
std::string custom_policy_fault(const ApplicationGraph& graph, const NodeSpec& node) {
  const auto policy = read_routing_policy(node.config.request_router_config);
  if (!policy || policy->custom.empty()) return {};
  if (node.name == graph.ingress)
    return "'" + node.name +
           "' is called by the HTTP proxy, which runs no policies of applications: name a built-in one";
  if (std::ranges::find(graph.routing_policies, policy->custom) != graph.routing_policies.end()) return {};
  return "the application has no routing policy '" + policy->custom + "' (Application::routing_policies)";
}

void check_autoscaling_policy(Checks& checks, const ApplicationGraph& graph, const NodeSpec& node, std::string place) {
  if (!node.config.autoscaling_config) return;
  std::string fault =
      unknown_policy_fault(node.config.autoscaling_config->policy, graph.autoscaling_policies, "autoscaling_policies");
  const bool is_known = fault.empty();
  checks.require(is_known, std::move(place), std::move(fault));
}

}  // namespace

std::vector<Fault> faults(const LoggingConfig& config) {
  Checks checks;
  checks.require(config.encoding == "TEXT" || config.encoding == "JSON", "encoding",
                 "expected TEXT or JSON, found '" + config.encoding + "'");
  constexpr std::array<std::string_view, 5> kLevels = {"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"};
  checks.require(std::ranges::find(kLevels, config.log_level) != kLevels.end(), "log_level",
                 "expected DEBUG, INFO, WARNING, ERROR or CRITICAL, found '" + config.log_level + "'");
  checks.require(config.logs_dir.empty() || config.logs_dir.starts_with('/'), "logs_dir",
                 "expected the absolute path of a folder, found '" + config.logs_dir + "'");
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
  checks.between(options.threads, 0, 64, "threads");
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
  if (config.logging_config) checks.nested(faults(*config.logging_config), "logging_config");
  checks.environment(config.env_vars, "env_vars");
  if (config.autoscaling_policy) checks.nested(policy_faults(*config.autoscaling_policy), "autoscaling_policy");
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < config.deployments.size(); ++i) {
    const std::string& name = config.deployments[i].name;
    checks.name(name, element("deployments", i) + ".name");
    checks.require(names.insert(name).second, element("deployments", i) + ".name", "'" + name + "' is given twice");
    const auto& fields = config.deployments[i].fields;
    const auto autoscaling = fields.find("autoscaling_config");
    checks.require(!config.external_scaler_enabled || autoscaling == fields.end() || autoscaling->second == "null",
                   element("deployments", i) + ".autoscaling_config",
                   "external_scaler_enabled is set: numbers of replicas have one master");
  }
  checks.require(config.placement == "separate" || config.placement == "together", "placement",
                 "expected separate or together, found '" + config.placement + "'");
  checks.require(config.together.empty() || config.placement == "together", "together",
                 "names deployments, but placement is not together: set `placement: together`");
  checks.require(config.together.size() != 1, "together", "names one deployment: name at least two, or none for all");
  for (const Fault& fault : traffic_faults(config.traffic)) checks.require(false, fault.field, fault.message);
  return checks.take();
}

std::vector<Fault> faults(const InstanceConfig& config) {
  Checks checks;
  const bool known = config.proxy_location == "EveryNode" || config.proxy_location == "HeadOnly" ||
                     config.proxy_location == "Disabled";
  checks.require(known, "proxy_location",
                 "expected EveryNode, HeadOnly or Disabled, found '" + config.proxy_location + "'");
  if (config.target_capacity) checks.between(*config.target_capacity, 0, 100, "target_capacity");
  if (config.logging_config) checks.nested(faults(*config.logging_config), "logging_config");
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
    checks.nested(response_cache_faults(node), place + ".config");
    check_autoscaling_policy(checks, graph, node, place + ".config.autoscaling_config.policy");
    if (const std::string fault = custom_policy_fault(graph, node); !fault.empty())
      checks.require(false, place + ".config.request_router_config.request_router_class", fault);
    for (const std::string& child : node.children)
      checks.require(names.contains(child), place + ".children", "'" + child + "' does not stand before its caller");
    checks.require(names.insert(node.name).second, place + ".name", "'" + node.name + "' is given twice");
  }
  checks.require(names.contains(graph.ingress), "ingress",
                 "'" + graph.ingress + "' is no deployment of the application");
  return checks.take();
}

}  // namespace manta::spec
