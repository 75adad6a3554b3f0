#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace manta::control {

// The value of a key in the query of a request's target, decoded: "?application=my%20app". None: it is not given.
std::optional<std::string> query_value(std::string_view target, std::string_view key);

}  // namespace manta::control
