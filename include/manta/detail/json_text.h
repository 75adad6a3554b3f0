#pragma once

#include <string_view>

#include <manta/detail/growing_text.h>

namespace manta::detail {

// Appends `text` as a JSON string in quotes. False, with `out` as it was, when it is not UTF-8.
bool append_json_string(GrowingText& out, std::string_view text);

}  // namespace manta::detail
