#pragma once

#include <string>
#include <string_view>

#include <manta/error.h>

namespace manta::detail {

// A whole document from one format to the other without a type: integers stay exact and floats stay floats; bin becomes
// base64 text; extensions, keys that are no strings, NaN and infinities are InvalidArgument.
Result<std::string> json_to_msgpack(std::string_view json);
Result<std::string> msgpack_to_json(std::string_view bytes);

// The same document, validated, without white space.
Result<std::string> compact_json(std::string_view json);

}  // namespace manta::detail
