#include "control/in_proxy.h"

#include <algorithm>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "control/together.h"

namespace manta::control {
namespace {

// Where the file sets it: in the entry of the deployment, else by what is built.
std::string place_of(const spec::ApplicationConfig& config, const ArtifactRef& artifact, const std::string& name) {
  for (std::size_t i = 0; i < config.deployments.size(); ++i)
    if (config.deployments[i].name == name && config.deployments[i].fields.contains("in_proxy"))
      return fmt::format("deployments[{}].in_proxy", i);
  return artifact.kind == "builtin" ? "args" : "import_path";
}

// Empty: proxies can run it.
std::string fault_of(const spec::ApplicationConfig& config, const ArtifactRef& artifact,
                     const spec::ApplicationGraph& graph, const spec::NodeSpec& node) {
  if (artifact.kind != "builtin")
    return fmt::format("'{}' is built by {}: proxies run no code of applications, only deployments of builtin: ones",
                       node.name, config.import_path);
  const auto takes_stream = [](const spec::MethodSpec& method) { return method.takes_stream; };
  if (!node.may_run_in_proxy || std::ranges::any_of(node.methods, takes_stream))
    return fmt::format("class {} is not made to run in a proxy", node.class_name);
  if (node.name != graph.ingress)
    return fmt::format("a proxy calls the ingress of an application, which is '{}' here", graph.ingress);
  for (const spec::NodeSpec& other : graph.nodes)
    if (std::ranges::find(other.children, node.name) != other.children.end())
      return fmt::format("'{}' calls it through a handle, and handles reach replicas only", other.name);
  if (!config.traffic.empty()) return "not together with `traffic`, which divides requests among replicas";
  const auto members = together(config, graph);
  if (std::ranges::find(members, node.name) != members.end())
    return "not together with `placement: together`: name the other deployments in `together`";
  return {};
}

}  // namespace

Result<void> check_in_proxy(const spec::ApplicationConfig& config, const ArtifactRef& artifact,
                            const spec::ApplicationGraph& graph) {
  for (const spec::NodeSpec& node : graph.nodes) {
    if (!node.config.in_proxy) continue;
    if (std::string fault = fault_of(config, artifact, graph, node); !fault.empty())
      return fail(ErrorCode::InvalidArgument,
                  fmt::format("deployment '{}' cannot have in_proxy: {}; or remove in_proxy", node.name, fault),
                  place_of(config, artifact, node.name));
  }
  return {};
}

Result<void> check_proxies_run(const ApplicationRecord& record, std::string_view proxy_location) {
  if (proxy_location != "Disabled") return {};
  for (const spec::NodeSpec& node : record.graph.nodes)
    if (node.config.in_proxy)
      return fail(ErrorCode::InvalidArgument,
                  fmt::format("deployment '{}' has in_proxy, but proxy_location is Disabled, so that nothing would run "
                              "it; remove in_proxy",
                              node.name),
                  place_of(record.config, record.artifact, node.name));
  return {};
}

std::optional<spec::HostedDefinition> hosted_definition(const ApplicationRecord& record, const spec::NodeSpec& node) {
  if (!node.config.in_proxy) return std::nullopt;
  return spec::HostedDefinition{.builtin = record.artifact.function,
                                .args = record.config.args,
                                .graph_index = record.graph_index,
                                .version = version_of(record, node),
                                .fingerprint = node.fingerprint,
                                .config = node.config};
}

}  // namespace manta::control
