#include "control/replica_figures.h"

#include <chrono>

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

void ReplicaFigures::started(const std::string& id, const DeploymentKey& key) {
  replicas_.of(id).counter("deployment_replica_starts", "Replicas started.", labels_of(id, key)).add();
}

void ReplicaFigures::set_healthy(const std::string& id, const DeploymentKey& key, bool healthy) {
  replicas_.of(id)
      .gauge("deployment_replica_healthy", "1 while the replica passes its health checks.", labels_of(id, key))
      .set(healthy ? 1 : 0);
}

void ReplicaFigures::check_failed(const std::string& id, const DeploymentKey& key) {
  replicas_.of(id).counter("health_check_failures_total", "Failed health checks.", labels_of(id, key)).add();
}

void ReplicaFigures::ended(const std::string& id, const DeploymentKey& key, TimePoint now) {
  set_healthy(id, key, false);
  replicas_.ended(id, now);
}

void ReplicaFigures::took(ReplicaStep step, const DeploymentKey& key, Duration time) {
  const auto [name, help] = text_of(step);
  of(key)
      .histogram(name, help, {{"deployment", key.deployment}, {"application", key.application}})
      .observe(std::chrono::duration<double, std::milli>(time).count());
}

void ReplicaFigures::forget(TimePoint now) {
  replicas_.forget(now);
  deployments_.forget(now);
}

}  // namespace manta::control
