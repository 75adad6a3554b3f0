#include "control/application_record.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include <manta/detail/json.h>

#include "codec/sha256.h"
#include "spec/deployment_override.h"
#include "spec/import_path.h"
#include "spec/validate.h"

namespace manta::control {
namespace {

std::string nodes_of(const std::vector<spec::ApplicationGraph>& graphs) {
  std::string names;
  for (const auto& graph : graphs)
    for (const auto& node : graph.nodes) names += (names.empty() ? "" : ", ") + node.name;
  return names;
}

Result<void> apply_overrides(const spec::ApplicationConfig& config, std::vector<spec::ApplicationGraph>& graphs) {
  for (const spec::DeploymentOverride& changes : config.deployments) {
    bool found = false;
    for (auto& graph : graphs) {
      const auto node = std::ranges::find(graph.nodes, changes.name, &spec::NodeSpec::name);
      if (node == graph.nodes.end()) continue;
      found = true;
      auto applied = spec::apply_override(node->config, changes);
      if (!applied) return std::unexpected(std::move(applied.error()));
      node->config = std::move(*applied);
    }
    if (!found)
      return fail(ErrorCode::InvalidArgument,
                  fmt::format("deployment '{}' is overridden but application '{}' has no such deployment; "
                              "it has: {}",
                              changes.name, config.name, nodes_of(graphs)));
  }
  return {};
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

std::string version_of(const ApplicationRecord& record, const spec::NodeSpec& node) {
  std::string text;
  const auto add = [&](std::string_view part) { text += fmt::format("{}:{};", part.size(), part); };
  add(record.artifact.kind);
  add(record.artifact.sha256);
  add(record.artifact.function);
  add(record.config.args);
  for (const auto& [name, value] : record.config.env_vars) add(name + "=" + value);
  add(node.name);
  add(node.fingerprint);
  const DeploymentConfig& config = node.config;
  add(detail::to_json(config.ray_actor_options).value_or(""));
  for (const auto& [name, value] : config.env_vars) add(name + "=" + value);
  add(fmt::format("{} {} {} {}", config.max_replicas_per_node, config.compute_threads, config.max_ongoing_requests,
                  config.graceful_shutdown_wait_loop_s));
  add(config.user_config.value_or(""));
  for (const WarmUp& call : config.warmup) add(fmt::format("{} {} {}", call.method, call.body, call.count));
  return codec::sha256_hex(text).substr(0, 16);
}

Result<std::vector<ApplicationRecord>> make_records(const spec::ApplicationConfig& config, const ArtifactRef& artifact,
                                                    std::vector<spec::ApplicationGraph> graphs, double now_s) {
  if (graphs.empty())
    return fail(ErrorCode::InvalidArgument, fmt::format("'{}' builds no application", config.import_path));
  if (auto applied = apply_overrides(config, graphs); !applied) return std::unexpected(std::move(applied.error()));
  std::vector<ApplicationRecord> records;
  for (spec::ApplicationGraph& graph : graphs) {
    ApplicationRecord record{
        .name = graph.name, .route_prefix = graph.route_prefix, .config = config, .artifact = artifact};
    const bool only = graphs.size() == 1;
    if (only && (config.name != "default" || record.name.empty())) record.name = config.name;
    if ((only && config.route_prefix != "/") || record.route_prefix.empty()) record.route_prefix = config.route_prefix;
    if (record.name.empty())
      return fail(ErrorCode::InvalidArgument,
                  fmt::format("'{}' builds several applications: each needs a name", config.import_path));
    record.graph_index = static_cast<int>(records.size());
    if (auto valid = spec::validate(graph); !valid) return std::unexpected(std::move(valid.error()));
    record.graph = std::move(graph);
    record.deployed_at_s = now_s;
    records.push_back(std::move(record));
  }
  return records;
}

}  // namespace manta::control
