#include "whole_instance.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "hosted.h"
#include "hot_path.h"

namespace manta::counts {

WholeInstance::WholeInstance(const Application& application, StandIns stand_ins, Placed placed) {
  const api::Graph graph = value_or_throw(api::make_graph(application));
  const std::string own = placed == Placed::InProxy ? graph.ingress().name : "";
  for (const api::GraphNode& node : graph.nodes)
    if (node.name != own)
      replicas_[node.name] = std::make_unique<api::ReplicaRuntime>(
          loop_, metrics_, logger_, options_of(graph, node, stand_ins[node.name], placed));
  if (placed == Placed::Together)
    for (const auto& [deployment, replica] : replicas_)
      for (const auto& [other, neighbour] : replicas_)
        if (replica != neighbour) replica->add_neighbour(*neighbour);
  for (const auto& [deployment, replica] : replicas_) replica->start();
  const auto is_running = [](const auto& replica) { return replica.second->state().state == "RUNNING"; };
  turn_until([&] { return std::ranges::all_of(replicas_, is_running); });
  const auto snapshot = std::make_shared<const spec::RoutingSnapshot>(snapshot_of(graph, placed));
  for (const auto& [deployment, replica] : replicas_) replica->update(*snapshot);
  dispatchers_.update(*snapshot);
  host_ = [this, graph](std::function<void()> on_change) { return host(graph, std::move(on_change)); };
  proxy_.update(ingress::view_after({}, snapshot, ""));
  turn_until([&] { return !hosted_ || hosted_->state() == ingress::HostedDeployment::State::Running; });
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

spec::RoutingSnapshot WholeInstance::snapshot_of(const api::Graph& graph, Placed placed) const {
  spec::RoutingSnapshot snapshot{.stamp = {1, 1}};
  const spec::ApplicationGraph described = api::describe(graph);
  snapshot.applications = {spec::ApplicationRoutes{.application = graph.name,
                                                   .route_prefix = "/app",
                                                   .ingress = graph.ingress().name,
                                                   .routes = described.routes,
                                                   .ready = true}};
  for (const api::GraphNode& node : graph.nodes) {
    spec::ReplicaSet set{
        .application = graph.name, .deployment = node.name, .methods = api::method_specs(*node.node->table, false)};
    if (placed == Placed::InProxy && &node == &graph.ingress())
      set.hosted = spec::HostedDefinition{};
    else
      set.replicas = {{.id = node.name + "#1", .address = node.name, .max_ongoing_requests = 100}};
    snapshot.deployments.push_back(std::move(set));
  }
  return snapshot;
}

api::ReplicaRuntimeOptions WholeInstance::options_of(const api::Graph& graph, const api::GraphNode& node,
                                                     std::shared_ptr<const detail::Node> stand_in, Placed placed) {
  api::ReplicaRuntimeOptions options{
      .identity = {.application = graph.name, .deployment = node.name, .id = node.name + "#1"},
      .graph = [graph] { return graph; },
      .fake = std::move(stand_in),
      .connect = [this](const spec::ReplicaAddress& replica) { return connect(replica.address); },
      .shares_loop = placed == Placed::Together};
  options.identity.config.max_ongoing_requests = 100;
  return options;
}

std::unique_ptr<ingress::HostedDeployment> WholeInstance::host(const api::Graph& graph,
                                                               std::function<void()> on_change) {
  api::ReplicaRuntimeOptions options = options_of(graph, graph.ingress(), nullptr, Placed::InProxy);
  options.shares_loop = true;
  options.queue_counts = &counts_;
  auto hosted = std::make_unique<Hosted>(loop_, metrics_, logger_, std::move(options), std::move(on_change));
  hosted_ = hosted.get();
  return hosted;
}

// Objects are constructed on threads of their own.
void WholeInstance::turn_until(const std::function<bool()>& done) {
  for (int i = 0; i < 10'000 && !done(); ++i) {
    loop_.poll();
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  require(done(), "a replica did not start");
}

}  // namespace manta::counts
