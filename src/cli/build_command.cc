#include "cli/build_command.h"

#include <cstdio>
#include <fstream>
#include <utility>

#include <fmt/format.h>

#include <manta/detail/json.h>

#include "cli/config_source.h"
#include "cli/describe_artifact.h"
#include "cli/run_to_end.h"
#include "cli/terminal.h"
#include "spec/config_json.h"
#include "spec/json_to_yaml.h"

namespace manta::cli {
namespace {

using Graphs = std::vector<spec::ApplicationGraph>;

// What the code says that differs from a deployment which says nothing.
spec::DeploymentOverride said_by_code(const spec::NodeSpec& node) {
  spec::DeploymentOverride said{.name = node.name, .fields = {}};
  const DeploymentConfig defaults;
  const auto add = [&]<class D>(D) {
    const auto& value = node.config.*D::pointer;
    if (std::string_view(D::name) != "name" && value != defaults.*D::pointer)
      said.fields.emplace(D::name, detail::to_json(value).value_or("null"));
  };
  [&]<template <class...> class List, class... D>(List<D...>) { (add(D()), ...); }(detail::Members<DeploymentConfig>());
  return said;
}

Result<Graphs> describe(const std::string& import_path, const Environment& environment) {
  auto artifact = control::artifact_of(import_path);
  if (!artifact) return std::unexpected(std::move(artifact.error()));
  artifact->path = artifact->source;
  return run_to_end<Result<Graphs>>(
      [&](Loop& loop) { return describe_artifact(loop, environment.entries(), *artifact, "{}", {}); });
}

// One entry of applications[]. A build of several applications stays one entry: each keeps its own name and prefix.
Result<spec::ApplicationConfig> application_of(const std::string& import_path, const BuildRequest& request,
                                               std::size_t index, const Environment& environment) {
  auto absolute = absolute_import_path(import_path, request.directory);
  if (!absolute) return std::unexpected(std::move(absolute.error()));
  const auto graphs = describe(*absolute, environment);
  if (!graphs) return std::unexpected(graphs.error());
  spec::ApplicationConfig application{.name = fmt::format("app{}", index + 1), .import_path = import_path};
  if (graphs->size() == 1) application.route_prefix = request.import_paths.size() == 1 ? "/" : "/" + application.name;
  for (const spec::ApplicationGraph& graph : *graphs)
    for (const spec::NodeSpec& node : graph.nodes) application.deployments.push_back(said_by_code(node));
  return application;
}

Result<void> write(const std::string& text, const std::string& output) {
  if (output.empty()) {
    std::fputs(text.c_str(), stdout);
    return {};
  }
  std::ofstream file(output, std::ios::trunc);
  file << text;
  file.close();
  if (!file) return fail(ErrorCode::InvalidArgument, output + ": cannot be written");
  return {};
}

}  // namespace

int build_command(const BuildRequest& request, const Environment& environment) {
  const auto complain = [](const Error& error) {
    print_error_line("error: " + error.message);
    return 1;
  };
  spec::InstanceConfig config;
  for (std::size_t i = 0; i < request.import_paths.size(); ++i) {
    auto application = application_of(request.import_paths[i], request, i, environment);
    if (!application) return complain(application.error());
    config.applications.push_back(std::move(*application));
  }
  const std::string text =
      "# Written by `manta build`. Applications are named app1, app2, ...: rename them as you like.\n\n" +
      spec::json_to_yaml(spec::config_json(config));
  if (const auto written = write(text, request.output); !written) return complain(written.error());
  return 0;
}

}  // namespace manta::cli
