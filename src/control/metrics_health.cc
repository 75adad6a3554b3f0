#include "control/metrics_health.h"

#include <fmt/format.h>

namespace manta::control {

void set_metrics_health(AutoscalingDetail& detail, const std::vector<ReplicaReport>& running) {
  std::size_t stale = 0;
  for (const ReplicaReport& report : running) {
    if (report.heard && report.failed_checks == 0) continue;
    ++stale;
    detail.errors.push_back(
        report.heard ? fmt::format("replica {}: {} health checks failed in a row, its last report is {:.0f} s old",
                                   report.id, report.failed_checks, report.age_s)
                     : fmt::format("replica {}: has not told its load yet", report.id));
  }
  if (stale > 0) detail.metrics_health = stale < running.size() ? "delayed" : "unavailable";
}

}  // namespace manta::control
