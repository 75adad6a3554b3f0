#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace manta::codec {

// Why `text`, which the parser refused with `reason`, is not JSON, and where: "not valid JSON: expected ',' or '}' at
// line 3, column 7". Scans the text once, slowly; falls back on `reason` where it finds nothing.
std::string diagnose_json(std::string_view text, std::size_t max_depth, std::string_view reason);

}  // namespace manta::codec
