#pragma once

#include <optional>
#include <vector>

#include <manta/task.h>

#include "base/log.h"
#include "base/loop.h"
#include "base/task_scope.h"
#include "control/controller.h"
#include "control/node_report.h"
#include "runtime/ray/ray_backend.h"

namespace manta::cli {

// What the cluster must have room for: all that replicas hold and all that is pending. Empty when nothing is pending:
// the cluster is large enough, and may shrink as it likes.
std::vector<control::Amounts> wanted_bundles(const control::NodesReport& report);

// Tells Ray's autoscaler what is wanted while replicas fit nowhere, and withdraws it when they do. Looks every two
// seconds and tells what has changed. Loop-confined.
class ClusterDemand {
 public:
  ClusterDemand(Loop& loop, Logger& logger, runtime::RayBackend& backend, const control::Controller& controller);
  ~ClusterDemand();
  ClusterDemand(const ClusterDemand&) = delete;
  ClusterDemand& operator=(const ClusterDemand&) = delete;

  void begin();
  Task<void> end();  // withdraws

 private:
  std::vector<control::Amounts> wanted() const;
  Task<void> look();
  Task<void> tell(std::vector<control::Amounts> bundles);

  Loop& loop_;
  Logger& logger_;
  runtime::RayBackend& backend_;
  const control::Controller& controller_;
  std::optional<std::vector<control::Amounts>> told_;  // none: what an earlier controller has told
  TimerId next_ = 0;
  TaskScope tasks_;
};

}  // namespace manta::cli
