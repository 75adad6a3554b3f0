#include "cli/place_command.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "cli/described_target.h"
#include "cli/instance_options.h"
#include "cli/packing_options.h"
#include "cli/placement_table.h"
#include "cli/terminal.h"
#include "control/deployment_target.h"
#include "control/reconcile.h"

namespace manta::cli {
namespace {

int cannot_place(const Error& error) {
  print_error_line("error: " + error.message);
  return 1;
}

Result<std::vector<control::NodeView>> nodes_to_place_on(const std::string& text) {
  if (!text.empty()) return nodes_of(text);
  return std::vector<control::NodeView>{{.node_id = "this-machine", .total = machine_resources(), .is_head = true}};
}

Result<control::ApplicationRecord> record_of_file(const spec::ApplicationConfig& config) {
  auto graph = graph_of_file(config);
  if (!graph) return std::unexpected(std::move(graph.error()));
  return control::ApplicationRecord{.name = config.name, .config = config, .graph = *std::move(graph)};
}

Result<std::vector<control::ApplicationRecord>> described(const spec::ApplicationConfig& config,
                                                          const Environment& environment) {
  auto graphs = graphs_of(config, environment);
  if (!graphs) return std::unexpected(std::move(graphs.error()));
  return control::make_records(config, *control::artifact_of(config.import_path), *std::move(graphs), 0);
}

Result<std::vector<control::ApplicationRecord>> records_of(const spec::InstanceConfig& config,
                                                           const Environment& environment) {
  std::vector<control::ApplicationRecord> all;
  for (const spec::ApplicationConfig& application : config.applications) {
    auto records = described(application, environment);
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
      if (!target.host.empty()) continue;  // it is in the processes of another deployment
      target.started = true;               // nobody waits for anybody
      if (max_replicas && node.config.autoscaling_config)
        target.num_replicas = node.config.autoscaling_config->max_replicas;
      targets.push_back(std::move(target));
    }
  std::ranges::sort(targets, {}, &control::DeploymentTarget::key);
  return targets;
}

}  // namespace

int place_command(const PlaceRequest& request, const Environment& environment) {
  auto nodes = nodes_to_place_on(request.nodes);
  if (!nodes) return cannot_place(nodes.error());
  spec::ConfigPlaces places;
  auto config = config_to_describe(request.target, environment, places);
  if (!config) return cannot_place(config.error());
  auto records = records_of(*config, environment);
  if (!records) return cannot_place(places.located(records.error()));
  control::ClusterView view{.nodes = *std::move(nodes), .deployments = targets_of(*records, request.max_replicas)};
  view.packs_nodes = request.pack || packing_options(environment).packs_nodes;
  const control::Plan plan = control::reconcile(view);
  std::string table = placement_table(view, plan);
  if (table.ends_with('\n')) table.pop_back();
  print_line(table);
  return plan.pending.empty() ? 0 : 1;
}

}  // namespace manta::cli
