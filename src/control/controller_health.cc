#include "control/controller_health.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <functional>
#include <numeric>
#include <vector>

#include "base/unix_time.h"
#include "control/controller.h"

namespace manta::control {
namespace {

// The least value that the given part of all is not above.
double percentile(const std::vector<double>& sorted, double part) {
  const auto rank = static_cast<std::size_t>(std::ceil(part * static_cast<double>(sorted.size())));
  return sorted[std::max<std::size_t>(rank, 1) - 1];
}

}  // namespace

void ValueWindow::add(double value) {
  ++count_;
  values_.push_back(value);
  if (values_.size() > kKept) values_.pop_front();
}

ValueStats ValueWindow::stats() const {
  ValueStats stats{.count = count_};
  if (values_.empty()) return stats;
  std::vector<double> sorted(values_.begin(), values_.end());
  std::ranges::sort(sorted);
  stats.mean = std::accumulate(sorted.begin(), sorted.end(), 0.0) / static_cast<double>(sorted.size());
  const auto square = [&](double value) { return (value - stats.mean) * (value - stats.mean); };
  const double squares = std::transform_reduce(sorted.begin(), sorted.end(), 0.0, std::plus<>(), square);
  stats.std = std::sqrt(squares / static_cast<double>(sorted.size()));
  stats.min = sorted.front();
  stats.max = sorted.back();
  stats.p50 = percentile(sorted, 0.5);
  stats.p99 = percentile(sorted, 0.99);
  stats.last = values_.back();
  return stats;
}

void ControllerFigures::turn(const TurnTimes& times) {
  const auto seconds = [](TimePoint from, TimePoint to) { return std::chrono::duration<double>(to - from).count(); };
  delay_s.add(seconds(times.wanted, times.begun));
  reconcile_s.add(seconds(times.deciding, times.decided));
  update_s.add(seconds(times.decided, times.ended));
  loop_s.add(seconds(times.begun, times.ended));
}

std::string ControllerFigures::text() const {
  Metrics metrics;
  const auto gauge = [&](const char* name, const char* help, const ValueWindow& window) {
    metrics.gauge(name, help, {}).set(window.stats().last);
  };
  gauge("controller_control_loop_duration_s", "Of the last turn of the controller.", loop_s);
  gauge("controller_reconcile_duration_s", "Of deciding in the last turn.", reconcile_s);
  gauge("controller_deployment_state_update_duration_s", "Of acting in the last turn.", update_s);
  gauge("controller_event_loop_delay_s", "From the wish for the last turn to its beginning.", delay_s);
  metrics.gauge("controller_num_control_loops", "Turns of the controller since it started.", {})
      .set(static_cast<double>(loop_s.stats().count));
  return metrics.text();
}

double process_memory_mb() {
  std::ifstream file("/proc/self/statm");
  double pages = 0, resident = 0;
  file >> pages >> resident;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE)) / 1e6;
}

ControllerHealth Controller::health() const {
  const double up_s = std::chrono::duration<double>(parts_.loop.now() - health_.started_at).count();
  ControllerHealth health{.timestamp = unix_time_s(),
                          .controller_start_time = health_.started_s,
                          .uptime_s = up_s,
                          .num_control_loops = turns_,
                          .loops_per_second = up_s > 0 ? static_cast<double>(turns_) / up_s : 0,
                          .loop_duration_s = health_.loop_s.stats(),
                          .event_loop_delay_s = health_.delay_s.stats(),
                          .reconcile_duration_s = health_.reconcile_s.stats(),
                          .deployment_state_update_duration_s = health_.update_s.stats(),
                          .replica_metrics_delay_ms = health_.replica_delay_ms.stats(),
                          .handle_metrics_delay_ms = health_.handle_delay_ms.stats(),
                          .num_tasks = tasks_.size(),
                          .num_applications = applications_.size(),
                          .num_replicas = replicas_.size(),
                          .num_subscribers = snapshots_.open(),
                          .last_event_id = events_.last_id(),
                          .process_memory_mb = process_memory_mb()};
  for (const auto& [name, application] : applications_) health.num_deployments += application.deployments.size();
  return health;
}

}  // namespace manta::control
