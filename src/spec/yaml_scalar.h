#pragma once

#include <string>
#include <string_view>

#include <manta/detail/json_writer.h>

namespace manta::spec {

// Writes a plain scalar (no quotes, no tag) as what the core schema of YAML 1.2 takes it for: null, a boolean, a number
// or a string. Returns why that is not possible, or "".
std::string write_plain_scalar(detail::JsonWriter& writer, const std::string& text);

// Writes a scalar with an explicit tag: !!str, !!int, !!float, !!bool, !!null. Other tags are taken as plain.
std::string write_tagged_scalar(detail::JsonWriter& writer, std::string_view tag, const std::string& text);

}  // namespace manta::spec
