#include "control/replica_figures.h"

#include <vector>

namespace manta::control {
namespace {

Labels labels_of(const std::string& id, const DeploymentKey& key) {
  return {{"deployment", key.deployment}, {"replica", id}, {"application", key.application}};
}

}  // namespace

void ReplicaFigures::started(const std::string& id, const DeploymentKey& key) {
  replicas_[id].metrics->counter("deployment_replica_starts", "Replicas started.", labels_of(id, key)).add();
}

void ReplicaFigures::set_healthy(const std::string& id, const DeploymentKey& key, bool healthy) {
  replicas_[id]
      .metrics->gauge("deployment_replica_healthy", "1 while the replica passes its health checks.", labels_of(id, key))
      .set(healthy ? 1 : 0);
}

void ReplicaFigures::check_failed(const std::string& id, const DeploymentKey& key) {
  replicas_[id].metrics->counter("health_check_failures_total", "Failed health checks.", labels_of(id, key)).add();
}

void ReplicaFigures::ended(const std::string& id, const DeploymentKey& key, TimePoint now) {
  set_healthy(id, key, false);
  replicas_[id].until = now + kKept;
}

std::string ReplicaFigures::text(TimePoint now) {
  std::erase_if(replicas_, [now](const auto& entry) { return entry.second.until <= now; });
  std::vector<std::string> texts;
  for (const auto& [id, one] : replicas_) texts.push_back(one.metrics->text());
  return merge_metrics(texts);
}

}  // namespace manta::control
