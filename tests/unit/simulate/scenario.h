#pragma once

#include <string>

#include "simulate/simulation.h"

namespace manta::simulate {

// Application "app" of one deployment D, on two nodes of 8 CPUs; 20 requests of 100 ms a second.
inline SimulationOptions one_deployment(const DeploymentConfig& config = {.name = "D", .num_replicas = 4}) {
  SimulationOptions options;
  spec::ApplicationGraph graph{.name = "app", .ingress = config.name};
  graph.nodes.push_back({.name = config.name, .class_name = config.name, .fingerprint = "f", .config = config});
  graph.nodes.back().methods = {{.name = "call"}};
  options.applications.push_back({.config = {.name = "app"}, .graphs = {graph}});
  options.nodes = {{.node_id = "a", .total = {.num_cpus = 8}}, {.node_id = "b", .total = {.num_cpus = 8}}};
  options.arrivals = *Arrivals::of_pattern("poisson:20");
  options.duration_s = 60;
  options.start_times.otherwise = {.mean_s = 2};
  return options;
}

// The same with a deployment behind it.
inline SimulationOptions two_deployments() {
  SimulationOptions options = one_deployment({.name = "Front", .num_replicas = 2, .compute_threads = 4});
  spec::ApplicationGraph& graph = options.applications[0].graphs[0];
  graph.nodes.insert(graph.nodes.begin(),
                     {.name = "Back", .class_name = "Back", .fingerprint = "g", .config = {.name = "Back"}});
  graph.nodes[0].config.num_replicas = 3;
  graph.nodes[0].methods = {{.name = "call"}};
  graph.nodes[1].children = {"Back"};
  options.services.by_deployment["Front"] = {.mean_s = 0.01};
  return options;
}

inline std::string findings_of(const SimulationOptions& options) {
  const auto report = Simulation(options).run();
  if (!report) return report.error().message;
  std::string all;
  for (const std::string& finding : report->summary.findings) all += finding + "\n";
  return all;
}

}  // namespace manta::simulate
