#pragma once

#include <string>
#include <string_view>

#include <manta/error.h>

namespace manta::spec {

// The autoscaling policy that a configuration means: by its name, or by the path of Ray Serve's function.
// InvalidArgument names those that exist.
Result<std::string_view> autoscaling_policy_named(const std::string& name);

}  // namespace manta::spec
