#include "api/graph.h"

#include <algorithm>
#include <map>

#include <manta/deployment.h>
#include <manta/detail/json_schema.h>

#include "codec/sha256.h"

namespace manta::api {
namespace {

// Names nodes in the order in which they are met: children first.
class Namer {
 public:
  explicit Namer(Graph& graph) : graph_(graph) {}

  void add(const std::shared_ptr<const detail::Node>& node) {
    if (graph_.find(*node)) return;
    for (const auto& child : node->children) add(child);
    GraphNode named{.node = node, .name = unique(node->name)};
    std::string identity = named.name + '\n' + node->table->class_name + '\n' + node->arguments + '\n';
    for (const auto& child : node->children) {
      const GraphNode* known = graph_.find(*child);
      named.children.push_back(known->name);
      identity += known->name + ' ' + known->node->table->class_name + '\n';
    }
    for (const auto& method : node->table->methods) identity += method.name + (method.streams ? " streams\n" : "\n");
    named.fingerprint = codec::sha256_hex(identity).substr(0, 16);
    graph_.nodes.push_back(std::move(named));
  }

 private:
  std::string unique(const std::string& name) {
    const int earlier = used_[name]++;
    if (earlier == 0) return name;
    return unique(name + "_" + std::to_string(earlier));
  }

  Graph& graph_;
  std::map<std::string, int> used_;
};

spec::MethodSpec where_am_i_spec(bool with_schemas) {
  spec::MethodSpec method{.name = "where_am_i", .idempotent = true};
  if (with_schemas) method.response_schema = detail::json_schema<WhereAmI>();
  return method;
}

spec::NodeSpec to_spec(const GraphNode& node) {
  spec::NodeSpec made{.name = node.name,
                      .class_name = node.node->table->class_name,
                      .fingerprint = node.fingerprint,
                      .children = node.children,
                      .config = node.node->config,
                      .methods = method_specs(*node.node->table, true),
                      .may_run_in_proxy = node.node->table->may_run_in_proxy};
  made.config.name = node.name;
  std::ranges::sort(made.children);
  made.children.erase(std::unique(made.children.begin(), made.children.end()), made.children.end());
  return made;
}

}  // namespace

const GraphNode* Graph::find(std::string_view wanted) const {
  const auto found = std::ranges::find(nodes, wanted, &GraphNode::name);
  return found == nodes.end() ? nullptr : &*found;
}

const GraphNode* Graph::find(const detail::Node& wanted) const {
  const auto found = std::ranges::find(nodes, &wanted, [](const GraphNode& node) { return node.node.get(); });
  return found == nodes.end() ? nullptr : &*found;
}

Result<Graph> make_graph(const Application& application) {
  if (!application.ingress.node())
    return fail(ErrorCode::InvalidArgument,
                "application '" + application.name + "' has no ingress: set .ingress = manta::bind<...>(...)");
  Graph graph{.name = application.name,
              .route_prefix = application.route_prefix,
              .nodes = {},
              .routing_policies = application.routing_policies,
              .autoscaling_policies = application.autoscaling_policies,
              .application_autoscaling_policies = application.application_autoscaling_policies};
  Namer namer(graph);
  namer.add(application.ingress.node());
  graph.ingress_index = graph.nodes.size() - 1;
  for (const IngressDeployment& variant : application.variants)
    if (variant.node()) namer.add(variant.node());
  return graph;
}

std::vector<spec::MethodSpec> method_specs(const detail::ClassTable& table, bool with_schemas) {
  std::vector<spec::MethodSpec> specs;
  for (const auto& method : table.methods) {
    spec::MethodSpec made{.name = method.name,
                          .idempotent = method.idempotent,
                          .streams = method.streams,
                          .takes_stream = method.takes_stream,
                          .takes_values = method.takes_values,
                          .raw_http = method.raw_http};
    if (with_schemas && method.request_schema) made.request_schema = method.request_schema();
    if (with_schemas && method.response_schema) made.response_schema = method.response_schema();
    specs.push_back(std::move(made));
  }
  if (std::ranges::none_of(specs, [](const auto& method) { return method.name == "where_am_i"; }))
    specs.push_back(where_am_i_spec(with_schemas));
  return specs;
}

spec::ApplicationGraph describe(const Graph& graph) {
  spec::ApplicationGraph described{
      .name = graph.name, .route_prefix = graph.route_prefix, .ingress = graph.ingress().name};
  for (const auto& method : graph.ingress().node->table->methods)
    for (const auto& route : method.routes)
      described.routes.push_back({.verb = route.verb, .path = route.path, .method = method.name});
  for (const GraphNode& node : graph.nodes) described.nodes.push_back(to_spec(node));
  for (const CustomRoutingPolicy& policy : graph.routing_policies) described.routing_policies.push_back(policy.name);
  for (const auto& policy : graph.autoscaling_policies) described.autoscaling_policies.push_back(policy.name);
  for (const auto& policy : graph.application_autoscaling_policies)
    described.application_autoscaling_policies.push_back(policy.name);
  return described;
}

}  // namespace manta::api
