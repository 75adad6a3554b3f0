#pragma once

#include <vector>

#include <manta/routing_policy.h>

#include "routing/policy.h"

namespace manta::api {

// An application's own policies as routers take them: what throws or picks nobody is replaced by power_of_two.
routing::CustomPolicies custom_policies(const std::vector<CustomRoutingPolicy>& policies);

}  // namespace manta::api
