#pragma once

#include <string_view>

#include <manta/error.h>

#include "routing/policy.h"

namespace manta::routing {

// A new policy by its name ("power_of_two"; Ray Serve's class paths are aliases). InvalidArgument names those there
// are.
Result<Policy> make_policy(std::string_view name);

}  // namespace manta::routing
