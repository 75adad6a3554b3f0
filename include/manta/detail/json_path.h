#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace manta::detail {

// Paths as errors spell them: "$.items[3].text", and "$.counts[\"a b\"]" for keys that are no identifiers.
std::string field_path(std::string_view path, std::string_view name);
std::string element_path(std::string_view path, std::size_t index);

}  // namespace manta::detail
