#pragma once

#include <string>
#include <vector>

#include "control/autoscale_record.h"

namespace manta::control {

// How well the load of one running replica is known.
struct ReplicaReport {
  std::string id;
  int failed_checks = 0;  // health checks in a row
  bool heard = true;      // it has told its load to this controller
  double age_s = 0;       // of the last report; a replica whose load stays the same reports nothing
};

// metrics_health of the detail: delayed when reports of some replicas cannot be trusted, unavailable when those of all
// cannot; else what it was, which is delayed while callers with waiting requests are silent. `errors` names them.
void set_metrics_health(AutoscalingDetail& detail, const std::vector<ReplicaReport>& running);

}  // namespace manta::control
