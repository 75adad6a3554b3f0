#include "cli/place_command.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "cli/config_source.h"
#include "cli/describe_artifact.h"
#include "cli/instance_options.h"
#include "cli/node_list.h"
#include "cli/placement_table.h"
#include "cli/run_to_end.h"
#include "cli/terminal.h"
#include "control/deployment_target.h"
#include "control/reconcile.h"
#include "spec/deployment_override.h"
#include "spec/parse_config.h"

namespace manta::cli {
namespace {

int complain(const Error& error) {
  print_error_line("error: " + error.message);
  return 1;
}

std::string content_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

Result<std::vector<control::NodeView>> nodes_of(const std::string& text) {
  if (text.empty())
    return std::vector<control::NodeView>{{.node_id = "this-machine", .total = machine_resources(), .is_head = true}};
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(text, ignored)) return parse_node_list(text);
  return parse_node_file(content_of(text), text);
}

// The configuration, also when the code that it names is not here or cannot run here.
Result<spec::InstanceConfig> config_to_place(const std::string& target, const Environment& environment,
                                             spec::ConfigPlaces& places) {
  auto config = config_of_target(target, "", environment, &places);
  std::error_code ignored;
  if (config || !std::filesystem::is_regular_file(target, ignored) || target.ends_with(".so")) return config;
  auto as_written = spec::parse_config(
      content_of(target), target, [&](const std::string& name) { return environment.get(name); }, nullptr, &places);
  return as_written ? as_written : config;
}

// What the file says of an application whose code is not here: its deployments over the defaults.
Result<control::ApplicationRecord> record_of_file(const spec::ApplicationConfig& config) {
  control::ApplicationRecord record{.name = config.name, .config = config};
  for (const spec::DeploymentOverride& override : config.deployments) {
    auto applied = spec::apply_override({.name = override.name}, override);
    if (!applied) return std::unexpected(std::move(applied.error()));
    record.graph.nodes.push_back({.name = override.name, .config = *std::move(applied)});
  }
  return record;
}

Task<Result<std::vector<control::ApplicationRecord>>> describe(Loop& loop, spec::ApplicationConfig config,
                                                               std::vector<std::string> base) {
  auto artifact = control::artifact_of(config.import_path);
  if (!artifact) co_return std::unexpected(std::move(artifact.error()));
  artifact->path = artifact->source;
  auto describing = describe_artifact(loop, std::move(base), *artifact, config.args, config.env_vars);
  auto graphs = co_await std::move(describing);
  if (!graphs) co_return std::unexpected(std::move(graphs.error()));
  co_return control::make_records(config, *artifact, std::move(*graphs), 0);
}

Result<std::vector<control::ApplicationRecord>> records_of(const spec::InstanceConfig& config,
                                                           const Environment& environment) {
  std::vector<control::ApplicationRecord> all;
  for (const spec::ApplicationConfig& application : config.applications) {
    auto records = run_to_end<Result<std::vector<control::ApplicationRecord>>>(
        [&](Loop& loop) { return describe(loop, application, environment.entries()); });
    if (!records) {
      print_error_line(
          fmt::format("warning: {}; shown is what the file says of '{}'", records.error().message, application.name));
      auto record = record_of_file(application);
      if (!record) return std::unexpected(std::move(record.error()));
      records = std::vector{*std::move(record)};
    }
    for (control::ApplicationRecord& record : *records) all.push_back(std::move(record));
  }
  return all;
}

// In the order in which a controller gives out resources.
std::vector<control::DeploymentTarget> targets_of(const std::vector<control::ApplicationRecord>& records,
                                                  bool max_replicas) {
  std::vector<control::DeploymentTarget> targets;
  for (const control::ApplicationRecord& record : records)
    for (const spec::NodeSpec& node : record.graph.nodes) {
      control::DeploymentTarget target = control::target_of(record, node);
      target.started = true;  // nobody waits for anybody
      if (max_replicas && node.config.autoscaling_config)
        target.num_replicas = node.config.autoscaling_config->max_replicas;
      targets.push_back(std::move(target));
    }
  std::ranges::sort(targets, {}, &control::DeploymentTarget::key);
  return targets;
}

}  // namespace

int place_command(const PlaceRequest& request, const Environment& environment) {
  auto nodes = nodes_of(request.nodes);
  if (!nodes) return complain(nodes.error());
  spec::ConfigPlaces places;
  auto config = config_to_place(request.target, environment, places);
  if (!config) return complain(config.error());
  auto records = records_of(*config, environment);
  if (!records) return complain(places.located(records.error()));
  control::ClusterView view{.nodes = *std::move(nodes), .deployments = targets_of(*records, request.max_replicas)};
  const control::Plan plan = control::reconcile(view);
  std::string table = placement_table(view, plan);
  if (table.ends_with('\n')) table.pop_back();
  print_line(table);
  return plan.pending.empty() ? 0 : 1;
}

}  // namespace manta::cli
