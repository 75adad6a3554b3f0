#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace manta::detail {

// A variable in the environment of the replica whose code this is: `env_vars` of its deployment and application, on top
// of what Manta was started with. Nothing when it is not set, or empty, and outside a replica.
std::optional<std::string> replica_environment(std::string_view name);

}  // namespace manta::detail
