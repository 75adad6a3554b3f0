#pragma once

#include "control/cluster_view.h"

namespace manta::control {

// A replica that was RUNNING this long clears the failures of its deployment.
inline constexpr Duration kStableAfter = std::chrono::seconds(1);

// How long to wait after the failure number `early_exits` in a row: nothing for the first, then 250 ms doubling up to
// 60 s.
Duration restart_delay(int early_exits);

// When a replacement may start.
inline TimePoint not_before(const FailureRecord& record) { return record.last + restart_delay(record.early_exits); }

// A deployment gives up after this many start failures in a row.
int start_failure_limit(int max_constructor_retry_count, int num_replicas);

}  // namespace manta::control
