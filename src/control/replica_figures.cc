#include "control/replica_figures.h"

#include <vector>

namespace manta::control {
namespace {

Labels labels_of(const std::string& id, const DeploymentKey& key) {
  return {{"deployment", key.deployment}, {"replica", id}, {"application", key.application}};
}

struct StepText {
  const char *name, *help;
};

StepText text_of(ReplicaStep step) {
  switch (step) {
    case ReplicaStep::Startup:
      return {"replica_startup_latency_ms", "From the start of a replica until it ran."};
    case ReplicaStep::Initialization:
      return {"replica_initialization_latency_ms", "From the beginning of a replica's process until it ran."};
    case ReplicaStep::Reconfigure:
      return {"replica_reconfigure_latency_ms", "Until a replica had its new settings."};
    case ReplicaStep::Shutdown:
      return {"replica_shutdown_duration_ms", "From the order to stop to the end of a replica's process."};
  }
  return {"", ""};
}

}  // namespace

void observe_step(Metrics& metrics, ReplicaStep step, const DeploymentKey& key, Duration took) {
  const auto [name, help] = text_of(step);
  metrics.histogram(name, help, {{"deployment", key.deployment}, {"application", key.application}})
      .observe(std::chrono::duration<double, std::milli>(took).count());
}

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
