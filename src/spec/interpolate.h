#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <manta/error.h>

namespace manta::spec {

// The value of an environment variable, or nothing when it is not set.
using EnvironmentLookup = std::function<std::optional<std::string>(const std::string& name)>;

// Replaces ${NAME} and ${NAME:-default} (the default also stands for an empty value) and turns $$ into $; any other $
// stays. What is put in is not looked at again. InvalidArgument for a variable that is not set and has no default, and
// for a broken ${.
Result<std::string> interpolate(std::string_view text, const EnvironmentLookup& lookup);

}  // namespace manta::spec
