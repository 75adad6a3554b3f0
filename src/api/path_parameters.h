#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace manta::api {

// The segments that stand for {name} in `pattern` ("/items/{id}", "/v1/*") when `path`, or its end, matches it; nullopt
// when it does not. A raw request keeps its application's prefix, which the pattern does not have: `anywhere` lets any
// prefix stand before.
std::optional<std::map<std::string, std::string>> path_parameters(std::string_view pattern, std::string_view path,
                                                                  bool anywhere);

}  // namespace manta::api
