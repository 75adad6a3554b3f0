#pragma once

#include <string>
#include <string_view>

#include <manta/detail/json_text.h>

namespace manta::codec {

using detail::append_json_string;

// A JSON string of texts that must appear in any case (error bodies, logs): bytes that are not UTF-8 become U+FFFD.
std::string json_quoted(std::string_view text);

bool is_utf8(std::string_view text);

}  // namespace manta::codec
