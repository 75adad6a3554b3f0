#include "control/deployment_progress.h"

#include <algorithm>

#include "control/update_class.h"

namespace manta::control {
namespace {

DeploymentProgress of(const std::vector<DeploymentProgress>& progress, const std::string& application,
                      const std::string& deployment) {
  const auto found = std::ranges::find_if(progress, [&](const DeploymentProgress& entry) {
    return entry.application == application && entry.deployment == deployment;
  });
  if (found != progress.end()) return *found;
  return {.application = application, .deployment = deployment, .fallback = {}};
}

void forgive(DeploymentProgress& entry) {
  entry.failure.clear();
  entry.start_failures = 0;
}

DeploymentProgress next_of(const spec::NodeSpec& node, const ApplicationRecord* before,
                           const std::vector<DeploymentProgress>& progress, const ApplicationRecord& next) {
  DeploymentProgress entry = of(progress, next.name, node.name);
  forgive(entry);
  const spec::NodeSpec* old_node = before == nullptr ? nullptr : node_of(*before, node.name);
  if (old_node != nullptr && same_definition(*before, *old_node, next, node)) return entry;
  if (old_node != nullptr && entry.completed) entry.fallback = *before;
  entry.completed = false;
  const spec::NodeSpec* good = entry.fallback ? node_of(*entry.fallback, node.name) : nullptr;
  if (good == nullptr) {
    entry.fallback.reset();
  } else if (same_definition(*entry.fallback, *good, next, node)) {
    entry.completed = true;  // back to what is known to work
    entry.fallback.reset();
  }
  return entry;
}

// Of what the application had and `next` has not.
std::vector<DeploymentProgress> removed(const ApplicationRecord& before,
                                        const std::vector<DeploymentProgress>& progress,
                                        const ApplicationRecord& next) {
  std::vector<DeploymentProgress> kept;
  for (const DeploymentProgress& known : progress) {
    if (known.application != next.name || known.deployment.empty() || node_of(next, known.deployment) != nullptr)
      continue;
    DeploymentProgress entry = known;
    forgive(entry);
    if (entry.completed && node_of(before, entry.deployment) != nullptr) entry.fallback = before;
    entry.completed = true;
    if (entry.fallback) kept.push_back(std::move(entry));
  }
  return kept;
}

bool all_completed(const ApplicationRecord& record, const std::vector<DeploymentProgress>& progress) {
  return std::ranges::all_of(
      record.graph.nodes, [&](const spec::NodeSpec& node) { return of(progress, record.name, node.name).completed; });
}

}  // namespace

std::vector<DeploymentProgress> progress_after(const ApplicationRecord* before,
                                               const std::vector<DeploymentProgress>& progress,
                                               const ApplicationRecord& next) {
  std::vector<DeploymentProgress> after;
  for (const spec::NodeSpec& node : next.graph.nodes) after.push_back(next_of(node, before, progress, next));
  DeploymentProgress whole = of(progress, next.name, "");
  if (before != nullptr && all_completed(*before, progress)) whole.fallback = *before;
  if (before != nullptr)
    for (DeploymentProgress& entry : removed(*before, progress, next)) after.push_back(std::move(entry));
  whole.completed = after.size() == next.graph.nodes.size() && all_completed(next, after);
  if (whole.completed) whole.fallback.reset();
  after.push_back(std::move(whole));
  return after;
}

}  // namespace manta::control
