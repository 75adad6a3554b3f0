#include "control/deploy_plan.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include <fmt/format.h>

#include <manta/detail/json.h>

#include "control/deployment_target.h"
#include "control/in_proxy.h"
#include "control/together.h"

namespace manta::control {
namespace {

// In the order of their effect.
constexpr std::array<std::string_view, 6> kChanges = {"unchanged", "light", "reconfigure",
                                                      "restart",   "added", "removed"};

std::ptrdiff_t effect(std::string_view change) { return std::ranges::find(kChanges, change) - kChanges.begin(); }

template <class T>
void compare(std::vector<FieldChange>& changes, std::string_view field, const T& before, const T& after,
             UpdateClass update_class) {
  if (before == after) return;
  changes.push_back({.field = std::string(field),
                     .before = detail::to_json(before).value_or(""),
                     .after = detail::to_json(after).value_or(""),
                     .update_class = std::string(name(update_class))});
}

// Of variables only the names: values may be secrets.
std::string changed_names(const std::map<std::string, std::string>& before,
                          const std::map<std::string, std::string>& after) {
  std::set<std::string> names;
  for (const auto& [name, value] : before)
    if (const auto other = after.find(name); other == after.end() || other->second != value) names.insert(name);
  for (const auto& [name, value] : after)
    if (!before.contains(name)) names.insert(name);
  return detail::to_json(std::vector<std::string>(names.begin(), names.end())).value_or("");
}

void compare_environment(std::vector<FieldChange>& changes, const std::map<std::string, std::string>& before,
                         const std::map<std::string, std::string>& after) {
  if (before == after) return;
  changes.push_back({.field = "env_vars",
                     .before = {},
                     .after = changed_names(before, after),
                     .update_class = std::string(name(UpdateClass::Restart))});
}

std::vector<FieldChange> application_changes(const ApplicationRecord& before, const ApplicationRecord& after) {
  std::vector<FieldChange> changes;
  compare(changes, "route_prefix", before.route_prefix, after.route_prefix, UpdateClass::Light);
  compare(changes, "import_path", before.config.import_path, after.config.import_path, UpdateClass::Light);
  compare(changes, "args", before.config.args, after.config.args, UpdateClass::Light);
  compare(changes, "autoscaling_policy", before.config.autoscaling_policy, after.config.autoscaling_policy,
          UpdateClass::Light);
  compare(changes, "traffic", before.config.traffic, after.config.traffic, UpdateClass::Light);
  compare(changes, "placement", before.config.placement, after.config.placement, UpdateClass::Restart);
  compare(changes, "together", before.config.together, after.config.together, UpdateClass::Restart);
  compare(changes, "code", before.artifact.sha256.substr(0, 12), after.artifact.sha256.substr(0, 12),
          UpdateClass::Restart);
  compare_environment(changes, before.config.env_vars, after.config.env_vars);
  return changes;
}

// The reasons why a deployment changes, its own and those that it shares with its application.
std::vector<FieldChange> reasons(const ApplicationRecord& before, const spec::NodeSpec& old_node,
                                 const ApplicationRecord& after, const spec::NodeSpec& new_node) {
  std::vector<FieldChange> changes;
  const bool same_code = before.artifact.kind == after.artifact.kind &&
                         before.artifact.sha256 == after.artifact.sha256 &&
                         before.artifact.function == after.artifact.function;
  if (!same_code)
    compare(changes, "code", before.artifact.sha256.substr(0, 12) + ":" + before.artifact.function,
            after.artifact.sha256.substr(0, 12) + ":" + after.artifact.function, UpdateClass::Restart);
  if (same_code) compare(changes, "definition", old_node.fingerprint, new_node.fingerprint, UpdateClass::Restart);
  compare_environment(changes, before.config.env_vars, after.config.env_vars);
  DeploymentConfig with_same_environment = old_node.config;
  with_same_environment.env_vars = new_node.config.env_vars;
  compare_environment(changes, old_node.config.env_vars, new_node.config.env_vars);
  for (FieldChange& change : config_changes(with_same_environment, new_node.config))
    changes.push_back(std::move(change));
  return changes;
}

int replicas_of(const DeploymentKey& key, const DeploymentConfig& config,
                const std::map<DeploymentKey, int>& replicas) {
  const auto known = replicas.find(key);
  return known == replicas.end() ? configured_replicas(config) : known->second;
}

void plan_restart(DeploymentPlan& plan, const DeploymentConfig& config) {
  const RolloutLimits limits = rollout_limits(config);
  plan.waves = rollout_waves(plan.replicas_before, plan.replicas_after, limits);
  plan.replacement = limits.max_surge_percent && *limits.max_surge_percent <= 0 ? "stop first" : "start first";
}

DeploymentPlan plan_deployment(const ApplicationRecord& before, const spec::NodeSpec& old_node,
                               const ApplicationRecord& after, const spec::NodeSpec& new_node,
                               const std::map<DeploymentKey, int>& replicas) {
  const DeploymentKey key{after.name, new_node.name};
  DeploymentPlan plan{.name = new_node.name, .changes = reasons(before, old_node, after, new_node)};
  plan.replicas_before = replicas_of(key, old_node.config, replicas);
  const bool is_scaled = new_node.config.autoscaling_config.has_value();
  plan.replicas_after = is_scaled ? replicas_of(key, new_node.config, replicas) : configured_replicas(new_node.config);
  if (version_of(before, old_node) != version_of(after, new_node)) {
    plan.change = name(UpdateClass::Restart);
    if (plan.changes.empty())  // of others that share its processes
      compare(plan.changes, "process of", host_of(before, old_node.name), host_of(after, new_node.name) + " (changed)",
              UpdateClass::Restart);
    plan_restart(plan, new_node.config);
  } else if (!same_definition(before, old_node, after, new_node)) {
    plan.change = name(UpdateClass::Reconfigure);
  } else {
    plan.change = name(plan.changes.empty() ? UpdateClass::None : UpdateClass::Light);
  }
  return plan;
}

ApplicationPlan plan_application(const ApplicationRecord* before, const ApplicationRecord* after,
                                 const std::map<DeploymentKey, int>& replicas) {
  ApplicationPlan plan{.name = after != nullptr ? after->name : before->name};
  if (before != nullptr && after != nullptr) plan.changes = application_changes(*before, *after);
  if (after != nullptr)
    for (const spec::NodeSpec& node : after->graph.nodes) {
      const spec::NodeSpec* old_node = before == nullptr ? nullptr : node_of(*before, node.name);
      if (old_node != nullptr)
        plan.deployments.push_back(plan_deployment(*before, *old_node, *after, node, replicas));
      else
        plan.deployments.push_back(
            {.name = node.name, .change = "added", .replicas_after = configured_replicas(node.config)});
    }
  if (before != nullptr)
    for (const spec::NodeSpec& node : before->graph.nodes)
      if (after == nullptr || node_of(*after, node.name) == nullptr)
        plan.deployments.push_back({.name = node.name,
                                    .change = "removed",
                                    .replicas_before = replicas_of({plan.name, node.name}, node.config, replicas)});
  plan.change = plan.changes.empty() ? "unchanged" : "light";
  for (const DeploymentPlan& deployment : plan.deployments)
    if (effect(deployment.change) > effect(plan.change)) plan.change = deployment.change;
  if (before != nullptr && after != nullptr && effect(plan.change) > effect("restart")) plan.change = "restart";
  return plan;
}

std::string summary_of(const std::vector<ApplicationPlan>& applications) {
  std::map<std::string, int> counts;
  for (const ApplicationPlan& application : applications)
    for (const DeploymentPlan& deployment : application.deployments) ++counts[deployment.change];
  constexpr std::pair<const char*, const char*> kWords[] = {{"added", "added"},     {"removed", "removed"},
                                                            {"restart", "restart"}, {"reconfigure", "in place"},
                                                            {"light", "light"},     {"unchanged", "unchanged"}};
  std::string text;
  for (const auto& [change, word] : kWords)
    if (const int count = counts[change]; count > 0)
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, word);
  return text.empty() ? "nothing" : text;
}

const ApplicationRecord* find(const ApplicationRecords& records, const std::string& name) {
  const auto found = std::ranges::find(
      records, name, [](const ApplicationRecord& record) -> const std::string& { return record.name; });
  return found == records.end() ? nullptr : &**found;
}

}  // namespace

DeployPlan deploy_plan(const ApplicationRecords& current, const ApplicationRecords& next,
                       const std::map<DeploymentKey, int>& replicas) {
  DeployPlan plan;
  for (const ApplicationRecord& record : next)
    plan.applications.push_back(plan_application(find(current, record.name), &record, replicas));
  for (const ApplicationRecord& record : current)
    if (find(next, record.name) == nullptr) plan.applications.push_back(plan_application(&record, nullptr, replicas));
  plan.summary = summary_of(plan.applications);
  return plan;
}

}  // namespace manta::control
