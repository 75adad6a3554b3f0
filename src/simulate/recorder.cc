#include "simulate/recorder.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

#include "simulate/control_plane.h"

namespace manta::simulate {
namespace {

double seconds(Duration time) { return std::chrono::duration<double>(time).count(); }

}  // namespace

double percentile(const std::vector<double>& sorted, double share) {
  if (sorted.empty()) return 0;
  const double rank = std::ceil(share * static_cast<double>(sorted.size()));
  return sorted[static_cast<std::size_t>(std::max(1.0, rank)) - 1];
}

void Recorder::begin() {
  begin_ = row_begin_ = world_.loop.now();
  first_use_ = row_use_ = world_.cluster->use();
  if (const control::Controller* controller = world_.plane->controller())
    for (const auto& [name, application] : controller->applications())
      for (const auto& [deployment_name, deployment] : application.deployments)
        work_[deployment.target.key] = world_.cluster->work(deployment.target.key);
}

void Recorder::ended(const std::string& application, Duration took, bool answered) {
  Latencies& latencies = since_[application];
  if (!answered) {
    ++latencies.failed;
    return;
  }
  latencies.ms.push_back(seconds(took) * 1000);
  all_ms_.push_back(seconds(took) * 1000);
}

// While the controller is away nobody knows what is wanted.
void Recorder::add_rows() {
  const control::Controller* controller = world_.plane->controller();
  if (controller == nullptr) return;
  const Cluster::Use now = world_.cluster->use();
  const Cluster::Use used{now.replica_s - row_use_.replica_s, now.node_s - row_use_.node_s};
  for (const auto& [name, application] : controller->applications()) {
    Latencies& latencies = since_[name];
    std::ranges::sort(latencies.ms);
    for (const auto& [deployment_name, deployment] : application.deployments)
      rows_.push_back(row(deployment.target.key, deployment, latencies, used));
  }
  since_.clear();
  row_begin_ = world_.loop.now();
  row_use_ = now;
}

TimelineRow Recorder::row(const control::DeploymentKey& key, const control::Controller::Deployment& deployment,
                          const Latencies& latencies, Cluster::Use used) {
  const double length_s = std::max(1e-9, seconds(world_.loop.now() - row_begin_));
  const SimulatedReplica::Work now = world_.cluster->work(key);
  const SimulatedReplica::Work before = std::exchange(work_[key], now);
  const double busy_s = now.busy_s - before.busy_s, ready_s = now.ready_s - before.ready_s;
  const double lived_s = now.lived_s - before.lived_s;
  busy_s_ += busy_s;
  ready_s_ += ready_s;
  TimelineRow row{.time_s = seconds(world_.loop.now() - begin_),
                  .application = key.application,
                  .deployment = key.deployment,
                  .wanted = deployment.target.num_replicas,
                  .requests_per_s = static_cast<double>(latencies.ms.size()) / length_s,
                  .failed = latencies.failed,
                  .p50_ms = percentile(latencies.ms, 0.5),
                  .p99_ms = percentile(latencies.ms, 0.99),
                  .utilisation = ready_s > 0 ? busy_s / ready_s : 0,
                  .answered = latencies.ms.size(),
                  .replica_hours = lived_s / 3600,
                  .node_hours = used.replica_s > 0 ? used.node_s * lived_s / used.replica_s / 3600 : 0};
  for (const auto& caller : callers_) row.queued += caller->queued(key);
  for (const auto& [id, replica] : world_.cluster->replicas()) {
    if (replica->spec().application != key.application || replica->spec().deployment != key.deployment) {
      if (replica->caller() != nullptr) row.queued += replica->caller()->queued(key);
      continue;
    }
    if (replica->phase() == SimulatedReplica::Phase::Running) ++row.running;
  }
  return row;
}

Report Recorder::report() const {
  Report report{.timeline = rows_, .summary = {}};
  Summary& summary = report.summary;
  std::vector<double> sorted = all_ms_;
  std::ranges::sort(sorted);
  summary.duration_s = seconds(world_.loop.now() - begin_);
  summary.answered = sorted.size();
  summary.failures = world_.ledger.failures();
  for (const auto& [code, count] : summary.failures) summary.failed += count;
  summary.requests = summary.answered + summary.failed;
  summary.p50_ms = percentile(sorted, 0.5);
  summary.p90_ms = percentile(sorted, 0.9);
  summary.p99_ms = percentile(sorted, 0.99);
  summary.max_ms = sorted.empty() ? 0 : sorted.back();
  const Cluster::Use use = world_.cluster->use();
  summary.replica_hours = (use.replica_s - first_use_.replica_s) / 3600;
  summary.node_hours = (use.node_s - first_use_.node_s) / 3600;
  summary.utilisation = ready_s_ > 0 ? busy_s_ / ready_s_ : 0;
  return report;
}

}  // namespace manta::simulate
