#include "control/application_record.h"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <manta/detail/json.h>

#include "codec/nearest.h"
#include "codec/sha256.h"
#include "control/in_proxy.h"
#include "control/together.h"
#include "spec/autoscaling_policy.h"
#include "spec/batching.h"
#include "spec/deployment_override.h"
#include "spec/import_path.h"
#include "spec/traffic_faults.h"
#include "spec/validate.h"

namespace manta::control {
namespace {

Error no_such_deployment(const spec::ApplicationConfig& config, const std::string& name,
                         const std::vector<spec::ApplicationGraph>& graphs) {
  std::vector<std::string_view> known;
  for (const auto& graph : graphs)
    for (const auto& node : graph.nodes) known.push_back(node.name);
  const std::string_view near = codec::nearest(name, known);
  return {.code = ErrorCode::InvalidArgument,
          .message = fmt::format(
              "deployment '{}' is overridden but application '{}' has no such deployment{}; it has: {}", name,
              config.name, near.empty() ? "" : fmt::format("; did you mean '{}'?", near), fmt::join(known, ", "))};
}

// `error` is about what stands at `path` below something; its own detail may be a path below that.
Error below(const std::string& path, Error error) {
  std::string rest = std::move(error.detail);
  if (rest.starts_with('$')) rest.erase(0, 1);
  if (!rest.empty() && rest.front() != '.' && rest.front() != '[') rest.insert(0, ".");
  error.detail = path + rest;
  return error;
}

Result<void> apply_overrides(const spec::ApplicationConfig& config, std::vector<spec::ApplicationGraph>& graphs) {
  for (std::size_t i = 0; i < config.deployments.size(); ++i) {
    const spec::DeploymentOverride& changes = config.deployments[i];
    const std::string place = fmt::format("deployments[{}]", i);
    bool found = false;
    for (auto& graph : graphs) {
      const auto node = std::ranges::find(graph.nodes, changes.name, &spec::NodeSpec::name);
      if (node == graph.nodes.end()) continue;
      found = true;
      auto applied = spec::apply_override(node->config, changes);
      if (!applied) {
        applied.error().message.insert(0, fmt::format("deployment '{}': ", changes.name));
        return std::unexpected(below(place, std::move(applied.error())));
      }
      node->config = std::move(*applied);
    }
    if (!found) return std::unexpected(below(place + ".name", no_such_deployment(config, changes.name, graphs)));
  }
  return {};
}

Result<void> check_application_policy(const spec::ApplicationConfig& config, const spec::ApplicationGraph& graph) {
  if (!config.autoscaling_policy) return {};
  std::string fault =
      spec::unknown_policy_fault(config.autoscaling_policy->policy_function, graph.application_autoscaling_policies,
                                 "application_autoscaling_policies");
  if (fault.empty()) return {};
  return fail(ErrorCode::InvalidArgument, std::move(fault), "autoscaling_policy.policy_function");
}

Result<void> check_traffic(const spec::ApplicationConfig& config, const std::vector<spec::ApplicationGraph>& graphs) {
  if (config.traffic.empty()) return {};
  if (graphs.size() != 1)
    return fail(ErrorCode::InvalidArgument,
                fmt::format("'{}' builds several applications: `traffic` needs one", config.import_path), "traffic");
  const auto faults = spec::traffic_faults(config.traffic, graphs.front());
  if (faults.empty()) return {};
  return fail(ErrorCode::InvalidArgument, faults.front().field + ": " + faults.front().message, faults.front().field);
}

}  // namespace

Result<ArtifactRef> artifact_of(const std::string& import_path) {
  auto parsed = spec::parse_import_path(import_path);
  if (!parsed) return std::unexpected(std::move(parsed.error()));
  if (auto runnable = spec::check_runnable(*parsed); !runnable) return std::unexpected(std::move(runnable.error()));
  const std::string kind = parsed->kind == spec::ImportPath::Kind::Library   ? "library"
                           : parsed->kind == spec::ImportPath::Kind::Program ? "executable"
                                                                             : "builtin";
  return ArtifactRef{.kind = kind, .source = parsed->file, .function = parsed->symbol};
}

const spec::NodeSpec* node_of(const ApplicationRecord& record, std::string_view deployment) {
  const auto node = std::ranges::find(record.graph.nodes, deployment, &spec::NodeSpec::name);
  return node == record.graph.nodes.end() ? nullptr : &*node;
}

void share_equal_schemas(spec::ApplicationGraph& graph) {
  std::map<std::string_view, spec::Shared<std::string>> known;  // by their own text
  for (spec::NodeSpec& node : graph.nodes)
    for (spec::MethodSpec& method : node.methods)
      for (spec::Shared<std::string>* schema : {&method.request_schema, &method.response_schema})
        *schema = known.try_emplace(**schema, *schema).first->second;
}

namespace {

// All that makes up the version of one deployment by itself.
std::string version_text(const ApplicationRecord& record, const spec::NodeSpec& node) {
  std::string text;
  const auto add = [&](std::string_view part) { text += fmt::format("{}:{};", part.size(), part); };
  add(record.artifact.kind);
  add(record.artifact.sha256);
  add(record.artifact.function);
  for (const auto& [name, value] : record.config.env_vars) add(name + "=" + value);
  add(node.name);
  add(node.fingerprint);
  const DeploymentConfig& config = node.config;
  add(detail::to_json(config.ray_actor_options).value_or(""));
  for (const auto& [name, value] : config.env_vars) add(name + "=" + value);
  add(fmt::format("{} {}", config.max_replicas_per_node, config.compute_threads));
  add(detail::to_json(config.placement_group_bundles).value_or(""));
  add(config.placement_group_strategy);
  add(detail::to_json(config.placement_group_bundle_label_selector).value_or(""));
  add(detail::to_json(config.node_affinity).value_or(""));
  add(detail::to_json(config.gang_scheduling_config).value_or(""));
  if (config.in_proxy) add("in_proxy");
  for (const WarmUp& call : config.warmup) add(fmt::format("{} {} {}", call.method, call.body, call.count));
  return text;
}

}  // namespace

// Deployments that share processes have one version: none of them is replaced without the others.
std::string version_of(const ApplicationRecord& record, const spec::NodeSpec& node) {
  const std::vector<std::string> names = together(record.config, record.graph);
  std::string text;
  if (std::ranges::find(names, node.name) == names.end())
    text = version_text(record, node);
  else
    for (const std::string& name : names) text += "together:" + version_text(record, *node_of(record, name));
  return codec::sha256_hex(text).substr(0, 16);
}

Result<std::vector<ApplicationRecord>> make_records(const spec::ApplicationConfig& config, const ArtifactRef& artifact,
                                                    std::vector<spec::ApplicationGraph> graphs, double now_s) {
  if (graphs.empty())
    return fail(ErrorCode::InvalidArgument, fmt::format("'{}' builds no application", config.import_path));
  if (auto applied = apply_overrides(config, graphs); !applied) return std::unexpected(std::move(applied.error()));
  if (auto checked = check_traffic(config, graphs); !checked) return std::unexpected(std::move(checked.error()));
  std::vector<ApplicationRecord> records;
  for (spec::ApplicationGraph& graph : graphs) {
    ApplicationRecord record{
        .name = graph.name, .route_prefix = graph.route_prefix, .config = config, .artifact = artifact};
    const bool only = graphs.size() == 1;
    if (only && (config.name != "default" || record.name.empty())) record.name = config.name;
    if (only && config.route_prefix) record.route_prefix = *config.route_prefix;
    if (record.route_prefix.empty()) record.route_prefix = config.route_prefix.value_or("/");
    if (record.name.empty())
      return fail(ErrorCode::InvalidArgument,
                  fmt::format("'{}' builds several applications: each needs a name", config.import_path));
    record.graph_index = static_cast<int>(records.size());
    if (auto fits = spec::fit_batches(graph, config.deployments); !fits)
      return std::unexpected(std::move(fits.error()));
    if (auto valid = spec::validate(graph); !valid) return std::unexpected(std::move(valid.error()));
    if (auto fit = check_together(config, graph); !fit) return std::unexpected(std::move(fit.error()));
    if (auto can = check_in_proxy(config, artifact, graph); !can) return std::unexpected(std::move(can.error()));
    if (auto known = check_application_policy(config, graph); !known) return std::unexpected(std::move(known.error()));
    record.graph = std::move(graph);
    record.deployed_at_s = now_s;
    records.push_back(std::move(record));
  }
  return records;
}

Result<void> check_unique(const ApplicationRecords& records) {
  std::set<std::string> names;
  std::map<std::string, std::string> prefixes;
  for (const ApplicationRecord& record : records) {
    if (!names.insert(record.name).second)
      return fail(ErrorCode::InvalidArgument, fmt::format("two applications have the name '{}'", record.name));
    if (record.graph.ingress.empty()) continue;
    const auto [other, added] = prefixes.emplace(record.route_prefix, record.name);
    if (!added)
      return fail(ErrorCode::InvalidArgument, fmt::format("applications '{}' and '{}' have the same route_prefix '{}'",
                                                          other->second, record.name, record.route_prefix));
  }
  return {};
}

Error of_application(std::size_t index, Error error) {
  return below(fmt::format("$.applications[{}]", index), std::move(error));
}

Error of_import_path(std::size_t index, Error error) {
  error.detail = "import_path";
  return of_application(index, std::move(error));
}

Error not_described(std::size_t index, const spec::ApplicationConfig& config, Error error) {
  error.message = fmt::format("application '{}': {}: {}", config.name, config.import_path, error.message);
  error.code = ErrorCode::InvalidArgument;
  return of_import_path(index, std::move(error));
}

}  // namespace manta::control
