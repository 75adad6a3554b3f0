#include "simulate/destinations.h"

#include <string_view>
#include <utility>
#include <vector>

#include "codec/nearest.h"

namespace manta::simulate {
namespace {

template <class F>
void for_each_node(const SimulationOptions& options, F visit) {
  for (const SimulatedApplication& application : options.applications)
    for (const spec::ApplicationGraph& graph : application.graphs)
      for (const spec::NodeSpec& node : graph.nodes) visit(application_name(application, graph), graph, node);
}

Error unknown(const SimulationOptions& options, const std::string& name) {
  std::vector<std::string> names;
  for_each_node(options, [&](const std::string&, const spec::ApplicationGraph&, const spec::NodeSpec& node) {
    names.push_back(node.name);
  });
  const std::vector<std::string_view> known(names.begin(), names.end());
  return {.code = ErrorCode::InvalidArgument,
          .message = "there is no deployment '" + name + "'" + codec::suggestion(name, known)};
}

}  // namespace

// As make_records() does.
std::string application_name(const SimulatedApplication& application, const spec::ApplicationGraph& graph) {
  const bool only = application.graphs.size() == 1;
  return only && (application.config.name != "default" || graph.name.empty()) ? application.config.name : graph.name;
}

Result<control::DeploymentKey> destination_of(const SimulationOptions& options, const std::string& name) {
  Result<control::DeploymentKey> found = std::unexpected(unknown(options, name));
  for_each_node(options,
                [&](const std::string& application, const spec::ApplicationGraph& graph, const spec::NodeSpec& node) {
                  const bool is_ingress = node.name == graph.ingress;
                  const bool named = name == node.name || name == application + "#" + node.name;
                  if (!found && (named || (is_ingress && (name.empty() || name == application))))
                    found = {application, node.name};
                });
  return found;
}

Result<void> check_names(const SimulationOptions& options) {
  std::vector<std::string> names = options.arrivals.deployments();
  names.emplace_back();
  for (const ServiceTimes* times : {&options.services, &options.start_times})
    for (const auto& [name, time] : times->by_deployment) names.push_back(name);
  for (const std::string& name : names)
    if (auto found = destination_of(options, name); !found) return std::unexpected(std::move(found.error()));
  return {};
}

}  // namespace manta::simulate
