#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include <manta/application.h>
#include <manta/error.h>

#include "spec/application_graph.h"

namespace manta::api {

// One node of a built application with the name it has there.
struct GraphNode {
  std::shared_ptr<const detail::Node> node;
  std::string name;
  std::vector<std::string> children;  // names, in the order of the arguments
  // Of class, arguments and methods, and of the names and classes of children.
  std::string fingerprint;
  std::shared_ptr<const detail::Node> stand_in = nullptr;  // a fake that runs in its place
};

// What build() returned, with everything named. Callees before callers.
struct Graph {
  std::string name, route_prefix;
  std::vector<GraphNode> nodes;
  std::vector<CustomRoutingPolicy> routing_policies = {};
  std::vector<CustomAutoscalingPolicy> autoscaling_policies = {};
  std::vector<CustomApplicationAutoscalingPolicy> application_autoscaling_policies = {};
  std::size_t ingress_index = 0;  // in `nodes`

  const GraphNode& ingress() const { return nodes[ingress_index]; }
  const GraphNode* find(std::string_view name) const;
  const GraphNode* find(const detail::Node& node) const;
};

// Names the nodes: the second "Embed" becomes "Embed_1". InvalidArgument for an application without an ingress.
Result<Graph> make_graph(const Application& application);

// For `manta describe` and the controller.
spec::ApplicationGraph describe(const Graph& graph);
// The methods of a deployment as its callers know them, with the built-in where_am_i.
std::vector<spec::MethodSpec> method_specs(const detail::ClassTable& table, bool with_schemas);

}  // namespace manta::api
