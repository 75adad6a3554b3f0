#pragma once

#include <optional>
#include <string>
#include <vector>

#include <boost/describe/class.hpp>

#include "control/application_record.h"

namespace manta::control {

// How far the rollout of one deployment is. Stored with each change, so that the next controller goes on from there.
// The entry without a deployment is the application's own: its fallback is the record of which everything ran.
struct DeploymentProgress {
  std::string application, deployment;
  bool completed = false;  // all its replicas have run with the present definition
  std::string failure;     // why its rollout was given up; empty: it was not
  int start_failures = 0;  // in a row, that made it so; 0: something else did
  // What the definition that served before is taken from; none when there is none, or none is needed any more. A
  // deployment that its application no longer has serves by its fallback until the rest has been updated.
  std::optional<ApplicationRecord> fallback;
  bool operator==(const DeploymentProgress&) const = default;
};
BOOST_DESCRIBE_STRUCT(DeploymentProgress, (), (application, deployment, completed, failure, start_failures, fallback))

// The progress of `next` at the moment in which it replaces `before`, which may be nullptr and whose progress is
// `progress`. What never worked is no fallback, and a new deploy gives a failed rollout another chance.
std::vector<DeploymentProgress> progress_after(const ApplicationRecord* before,
                                               const std::vector<DeploymentProgress>& progress,
                                               const ApplicationRecord& next);

}  // namespace manta::control
