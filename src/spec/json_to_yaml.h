#pragma once

#include <string>
#include <string_view>

namespace manta::spec {

// A JSON document as block YAML, keys in their order, two spaces a level, lists not indented below their key: the
// layout that users of `serve status` and `serve build` know. What is written reads back as the same document. Empty
// when `json` is not valid.
std::string json_to_yaml(std::string_view json);

}  // namespace manta::spec
