#include "cli/described_target.h"

#include <filesystem>
#include <utility>

#include "base/read_file.h"
#include "cli/config_source.h"
#include "cli/describe_artifact.h"
#include "cli/node_list.h"
#include "cli/run_to_end.h"
#include "spec/deployment_override.h"

namespace manta::cli {
namespace {

Task<Result<std::vector<spec::ApplicationGraph>>> describe_in_child(Loop& loop, spec::ApplicationConfig config,
                                                                    std::vector<std::string> base) {
  auto artifact = control::artifact_of(config.import_path);
  if (!artifact) co_return std::unexpected(std::move(artifact.error()));
  artifact->path = artifact->source;
  auto describing = describe_artifact(loop, std::move(base), *artifact, config.args, config.env_vars);
  co_return co_await std::move(describing);
}

}  // namespace

Result<std::vector<control::NodeView>> nodes_of(const std::string& text) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(text, ignored)) return parse_node_list(text);
  auto content = read_file(text);
  if (!content) return std::unexpected(std::move(content.error()));
  return parse_node_file(*content, text);
}

Result<spec::InstanceConfig> config_to_describe(const std::string& target, const Environment& environment,
                                                spec::ConfigPlaces& places) {
  auto config = config_of_target(target, "", environment, &places);
  std::error_code ignored;
  if (config || !std::filesystem::is_regular_file(target, ignored) || target.ends_with(".so")) return config;
  const auto content = read_file(target);
  if (!content) return std::unexpected(content.error());
  auto as_written = spec::parse_config(
      *content, target, [&](const std::string& name) { return environment.get(name); }, nullptr, &places);
  return as_written ? as_written : config;
}

Result<std::vector<spec::ApplicationGraph>> graphs_of(const spec::ApplicationConfig& application,
                                                      const Environment& environment) {
  return run_to_end<Result<std::vector<spec::ApplicationGraph>>>(
      [&](Loop& loop) { return describe_in_child(loop, application, environment.entries()); });
}

Result<spec::ApplicationGraph> graph_of_file(const spec::ApplicationConfig& application) {
  spec::ApplicationGraph graph{.name = application.name};
  for (const spec::DeploymentOverride& override : application.deployments) {
    auto applied = spec::apply_override({.name = override.name}, override);
    if (!applied) return std::unexpected(std::move(applied.error()));
    graph.nodes.push_back({.name = override.name, .config = *std::move(applied)});
  }
  return graph;
}

}  // namespace manta::cli
