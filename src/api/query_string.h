#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace manta::api {

// "a%20b" -> "a b". A '%' without two hexadecimal digits stays as it is. `plus_is_space` in queries, not in paths.
std::string percent_decode(std::string_view text, bool plus_is_space);

// "a=1&b=x+y" in order, decoded; a key without '=' has an empty value.
std::vector<std::pair<std::string, std::string>> parse_query(std::string_view query_string);

}  // namespace manta::api
