#pragma once

#include <vector>

#include <manta/config.h>

#include "spec/validate.h"

namespace manta::spec {

// Of a deployment with `in_proxy`: every setting that is about replicas, their places or the queue before them, and so
// would have no effect. Empty without `in_proxy`.
std::vector<Fault> in_proxy_faults(const DeploymentConfig& config);

}  // namespace manta::spec
