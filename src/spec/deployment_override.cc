#include "spec/deployment_override.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include <manta/detail/json.h>

#include "codec/nearest.h"
#include "spec/validate.h"

namespace manta::spec {
namespace {

std::string json_object(const std::map<std::string, std::string>& fields) {
  std::map<std::string, Json> members;
  for (const auto& [name, json] : fields) members.emplace(name, Json{json});
  return detail::to_json(members).value_or("");
}

Error unknown_deployment(const ApplicationGraph& graph, const std::string& name) {
  std::vector<std::string_view> known;
  for (const NodeSpec& node : graph.nodes) known.push_back(node.name);
  std::string message = "application '" + graph.name + "' has no deployment '" + name + "'";
  if (const std::string_view near = codec::nearest(name, known); !near.empty())
    message.append("; did you mean '").append(near).append("'?");
  message.append(" It has:");
  for (std::size_t i = 0; i < known.size(); ++i) message.append(i == 0 ? " " : ", ").append(known[i]);
  return Error{.code = ErrorCode::InvalidArgument, .message = std::move(message), .detail = name};
}

}  // namespace

Result<DeploymentConfig> apply_override(DeploymentConfig config, const DeploymentOverride& override) {
  const std::string object = json_object(override.fields);
  if (object.empty())
    return fail(ErrorCode::InvalidArgument, "the override of '" + override.name + "' holds broken JSON", override.name);
  if (override.fields.contains("ray_actor_options")) config.ray_actor_options = {};
  if (override.fields.contains("num_replicas")) config.autoscaling_config.reset();
  std::map<std::string, std::string> env_vars = std::move(config.env_vars);
  config.env_vars.clear();
  detail::JsonReader reader(object);
  detail::Decoding decoding(UnknownKeys::Refuse);
  if (!detail::decode(reader, config, decoding)) return std::unexpected(std::move(decoding).take_error());
  if (config.in_proxy && !override.fields.contains("ray_actor_options")) config.ray_actor_options = {};
  config.env_vars.merge(env_vars);  // keeps those that the override gives
  if (Result<void> valid = validate(config); !valid) return std::unexpected(std::move(valid.error()));
  return config;
}

Result<ApplicationGraph> apply_overrides(ApplicationGraph graph, const ApplicationConfig& application) {
  graph.name = application.name;
  if (application.route_prefix) graph.route_prefix = *application.route_prefix;
  for (const DeploymentOverride& override : application.deployments) {
    const auto node = std::ranges::find(graph.nodes, override.name, &NodeSpec::name);
    if (node == graph.nodes.end()) return std::unexpected(unknown_deployment(graph, override.name));
    Result<DeploymentConfig> config = apply_override(std::move(node->config), override);
    if (!config) {
      config.error().message.insert(0, "deployment '" + override.name + "': ");
      return std::unexpected(std::move(config.error()));
    }
    node->config = *std::move(config);
  }
  return graph;
}

}  // namespace manta::spec
