#include "control/together.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "codec/nearest.h"

namespace manta::control {
namespace {

using Names = std::vector<std::string>;

bool has(const Names& names, std::string_view name) { return std::ranges::find(names, name) != names.end(); }

const spec::NodeSpec* find(const spec::ApplicationGraph& graph, std::string_view name) {
  const auto found = std::ranges::find(graph.nodes, name, &spec::NodeSpec::name);
  return found == graph.nodes.end() ? nullptr : &*found;
}

// Why a deployment cannot share a process with any other; empty: it can.
std::string fault_alone(const DeploymentConfig& config) {
  if (config.autoscaling_config) return "has autoscaling_config: give it num_replicas instead";
  if (config.gang_scheduling_config) return "has gang_scheduling_config: its replicas are processes of a gang";
  if (!config.placement_group_bundles.empty()) return "has placement_group_bundles, which belong to one process";
  if (config.response_cache) return "has response_cache, which calls within a process do not pass: remove it";
  return {};
}

// What both say about their process and do not agree on; empty: nothing.
std::string conflict(const DeploymentConfig& one, const DeploymentConfig& other) {
  if (one.num_replicas != other.num_replicas) return "num_replicas";
  if (one.max_replicas_per_node != other.max_replicas_per_node) return "max_replicas_per_node";
  if (one.node_affinity != other.node_affinity) return "node_affinity";
  const Resources &a = one.ray_actor_options, &b = other.ray_actor_options;
  if (!a.accelerator_type.empty() && !b.accelerator_type.empty() && a.accelerator_type != b.accelerator_type)
    return "ray_actor_options.accelerator_type";
  if (a.label_selector != b.label_selector) return "ray_actor_options.label_selector";
  if (a.fallback_strategy != b.fallback_strategy) return "ray_actor_options.fallback_strategy";
  if (a.num_gpus > 0 && b.num_gpus > 0) return "ray_actor_options.num_gpus (each would see the other's GPUs)";
  for (const auto& [name, value] : one.env_vars)
    if (const auto twin = other.env_vars.find(name); twin != other.env_vars.end() && twin->second != value)
      return "env_vars." + name;
  return {};
}

std::unexpected<Error> refused(std::string field, std::string why) {
  return fail(ErrorCode::InvalidArgument, std::move(why), std::move(field));
}

Result<void> check_names(const spec::ApplicationConfig& config, const spec::ApplicationGraph& graph) {
  std::vector<std::string_view> known;
  for (const spec::NodeSpec& node : graph.nodes) known.push_back(node.name);
  for (std::size_t i = 0; i < config.together.size(); ++i)
    if (find(graph, config.together[i]) == nullptr)
      return refused(fmt::format("together[{}]", i),
                     fmt::format("application '{}' has no deployment '{}'{}", config.name, config.together[i],
                                 codec::suggestion(config.together[i], known)));
  return {};
}

// A deployment outside that one of them calls, directly or not, and that calls one of them: the process would have to
// run before it and after it.
std::string between(const spec::ApplicationGraph& graph, const Names& names) {
  std::set<std::string> below, leads_back;  // what a member calls; what calls a member
  for (auto node = graph.nodes.rbegin(); node != graph.nodes.rend(); ++node)  // callers first
    if (has(names, node->name) || below.contains(node->name))
      below.insert(node->children.begin(), node->children.end());
  for (const spec::NodeSpec& node : graph.nodes)  // callees first
    for (const std::string& child : node.children)
      if (has(names, child) || leads_back.contains(child)) leads_back.insert(node.name);
  for (const spec::NodeSpec& node : graph.nodes)
    if (!has(names, node.name) && below.contains(node.name) && leads_back.contains(node.name)) return node.name;
  return {};
}

Result<void> check_members(const spec::ApplicationGraph& graph, const Names& names) {
  for (const std::string& name : names)
    if (const std::string fault = fault_alone(find(graph, name)->config); !fault.empty())
      return refused("placement", fmt::format("deployment '{}' cannot share a process: it {}, or leave it out of "
                                              "`together`",
                                              name, fault));
  for (auto one = names.begin(); one != names.end(); ++one)
    for (auto other = std::next(one); other != names.end(); ++other)
      if (const std::string field = conflict(find(graph, *one)->config, find(graph, *other)->config); !field.empty())
        return refused("placement", fmt::format("deployments '{}' and '{}' cannot share a process: they do not agree "
                                                "on {}; make it the same, or name those that may in `together`",
                                                *one, *other, field));
  if (const std::string outside = between(graph, names); !outside.empty())
    return refused("together",
                   fmt::format("'{}' calls deployments that are together and is called by them: add it", outside));
  return {};
}

}  // namespace

std::vector<std::string> together(const spec::ApplicationConfig& config, const spec::ApplicationGraph& graph) {
  Names names;
  if (config.placement != "together") return names;
  for (const spec::NodeSpec& node : graph.nodes)
    if (config.together.empty() || has(config.together, node.name)) names.push_back(node.name);
  if (names.size() < 2) names.clear();
  return names;
}

Result<void> check_together(const spec::ApplicationConfig& config, const spec::ApplicationGraph& graph) {
  if (config.placement != "together") return {};
  if (auto known = check_names(config, graph); !known) return known;
  return check_members(graph, together(config, graph));
}

std::string host_of(const ApplicationRecord& record, std::string_view deployment) {
  const Names names = together(record.config, record.graph);
  return has(names, deployment) ? names.back() : std::string(deployment);
}

std::vector<const spec::NodeSpec*> members_of(const ApplicationRecord& record, std::string_view host) {
  std::vector<const spec::NodeSpec*> members;
  const Names names = together(record.config, record.graph);
  if (names.empty() || names.back() != host) return members;
  for (const std::string& name : names)
    if (name != host) members.push_back(find(record.graph, name));
  return members;
}

DeploymentConfig process_config(const ApplicationRecord& record, const spec::NodeSpec& host) {
  DeploymentConfig config = host.config;
  Resources& needs = config.ray_actor_options;
  for (const spec::NodeSpec* member : members_of(record, host.name)) {
    const Resources& its = member->config.ray_actor_options;
    needs.num_cpus += its.num_cpus;
    needs.num_gpus += its.num_gpus;
    needs.memory += its.memory;
    for (const auto& [name, amount] : its.resources) needs.resources[name] += amount;
    if (needs.accelerator_type.empty()) needs.accelerator_type = its.accelerator_type;
    config.env_vars.insert(member->config.env_vars.begin(), member->config.env_vars.end());
    config.graceful_shutdown_timeout_s += member->config.graceful_shutdown_timeout_s;  // one ends after the other
    config.initialization_timeout_s += member->config.initialization_timeout_s;
  }
  return config;
}

}  // namespace manta::control
