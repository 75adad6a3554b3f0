#include "cli/health_text.h"

#include <fmt/format.h>

namespace manta::cli {
namespace {

// `scale`: milliseconds in one of the values' units.
std::string row(const char* name, const control::ValueStats& stats, double scale) {
  if (stats.count == 0) return fmt::format("  {:<26} none yet\n", name);
  return fmt::format("  {:<26} mean {:.3f}  p50 {:.3f}  p99 {:.3f}  max {:.3f} ms  ({} in all)\n", name,
                     stats.mean * scale, stats.p50 * scale, stats.p99 * scale, stats.max * scale, stats.count);
}

}  // namespace

std::string health_text(const control::ControllerHealth& health) {
  std::string text = fmt::format("Controller: up {:.0f} s, {} control loops ({:.2f}/s), {:.1f} MB\n", health.uptime_s,
                                 health.num_control_loops, health.loops_per_second, health.process_memory_mb);
  text += fmt::format("  {} applications, {} deployments, {} replicas, {} subscribers, {} tasks, last event {}\n",
                      health.num_applications, health.num_deployments, health.num_replicas, health.num_subscribers,
                      health.num_tasks, health.last_event_id);
  text += row("loop duration", health.loop_duration_s, 1000);
  text += row("loop delay", health.event_loop_delay_s, 1000);
  text += row("reconcile", health.reconcile_duration_s, 1000);
  text += row("deployment state update", health.deployment_state_update_duration_s, 1000);
  text += row("replica metrics delay", health.replica_metrics_delay_ms, 1);
  text += row("handle metrics delay", health.handle_metrics_delay_ms, 1);
  return text;
}

}  // namespace manta::cli
