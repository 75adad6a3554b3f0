#include "whole_instance.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "hot_path.h"

namespace manta::counts {

WholeInstance::WholeInstance(const Application& application, StandIns stand_ins, Placed placed) {
  const api::Graph graph = value_or_throw(api::make_graph(application));
  for (const api::GraphNode& node : graph.nodes) make(graph, node, stand_ins[node.name], placed);
  if (placed == Placed::Together)
    for (const auto& [deployment, replica] : replicas_)
      for (const auto& [other, neighbour] : replicas_)
        if (replica != neighbour) replica->add_neighbour(*neighbour);
  for (const api::GraphNode& node : graph.nodes) replicas_.at(node.name)->start();
  wait_until_running();
  const auto snapshot = std::make_shared<const spec::RoutingSnapshot>(snapshot_of(graph));
  for (const auto& [deployment, replica] : replicas_) replica->update(*snapshot);
  dispatchers_.update(*snapshot);
  proxy_.update(ingress::view_after({}, snapshot, ""));
  loop_.poll();
}

WholeInstance::~WholeInstance() = default;

std::unique_ptr<RawClient> WholeInstance::client() {
  const auto [ours, theirs] = socket_pair();
  door_.accept(theirs);
  return std::make_unique<RawClient>(loop_, ours);
}

routing::RouterEnvironment WholeInstance::environment() {
  return {.loop = loop_,
          .metrics = metrics_,
          .logger = logger_,
          .connect = [this](const spec::ReplicaAddress& replica) { return connect(replica.address); },
          .seed = 1,
          .handle = "proxy"};
}

std::unique_ptr<net::Channel> WholeInstance::connect(const std::string& address) {
  const auto [ours, theirs] = socket_pair();
  replicas_.at(address)->accept(theirs);
  return std::make_unique<net::Channel>(loop_, ours, net::ChannelOptions{}, budget_);
}

spec::RoutingSnapshot WholeInstance::snapshot_of(const api::Graph& graph) const {
  spec::RoutingSnapshot snapshot{.stamp = {1, 1}};
  const spec::ApplicationGraph described = api::describe(graph);
  snapshot.applications = {spec::ApplicationRoutes{.application = graph.name,
                                                   .route_prefix = "/app",
                                                   .ingress = graph.ingress().name,
                                                   .routes = described.routes,
                                                   .ready = true}};
  for (const api::GraphNode& node : graph.nodes)
    snapshot.deployments.push_back(
        spec::ReplicaSet{.application = graph.name,
                         .deployment = node.name,
                         .replicas = {{.id = node.name + "#1", .address = node.name, .max_ongoing_requests = 100}},
                         .methods = api::method_specs(*node.node->table, false)});
  return snapshot;
}

void WholeInstance::make(const api::Graph& graph, const api::GraphNode& node,
                         std::shared_ptr<const detail::Node> stand_in, Placed placed) {
  api::ReplicaRuntimeOptions options{
      .identity = {.application = graph.name, .deployment = node.name, .id = node.name + "#1"},
      .graph = [graph] { return graph; },
      .fake = std::move(stand_in),
      .connect = [this](const spec::ReplicaAddress& replica) { return connect(replica.address); },
      .shares_loop = placed == Placed::Together};
  options.identity.config.max_ongoing_requests = 100;
  replicas_[node.name] = std::make_unique<api::ReplicaRuntime>(loop_, metrics_, logger_, std::move(options));
}

// Objects are constructed on threads of their own.
void WholeInstance::wait_until_running() {
  const auto is_running = [](const auto& replica) { return replica.second->state().state == "RUNNING"; };
  for (int i = 0; i < 10'000 && !std::ranges::all_of(replicas_, is_running); ++i) {
    loop_.poll();
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  require(std::ranges::all_of(replicas_, is_running), "a replica did not start");
}

}  // namespace manta::counts
