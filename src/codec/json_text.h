#pragma once

#include <string>
#include <string_view>

#include <manta/detail/growing_text.h>

namespace manta::codec {

// Appends `text` as a JSON string in quotes. False, with `out` as it was, when it is not UTF-8.
bool append_json_string(detail::GrowingText& out, std::string_view text);

// The same for texts that must appear in any case (error bodies, logs): bytes that are not UTF-8 become U+FFFD.
std::string json_quoted(std::string_view text);

bool is_utf8(std::string_view text);

}  // namespace manta::codec
