#include <manta/detail/json_path.h>

#include <algorithm>
#include <cctype>

#include "codec/json_text.h"

namespace manta::detail {
namespace {

bool is_identifier(std::string_view name) {
  return !name.empty() && !std::isdigit(static_cast<unsigned char>(name.front())) &&
         std::ranges::all_of(name, [](unsigned char c) { return std::isalnum(c) || c == '_' || c == '-'; });
}

}  // namespace

std::string field_path(std::string_view path, std::string_view name) {
  std::string result(path);
  if (is_identifier(name)) return result.append(".").append(name);
  return result.append("[").append(codec::json_quoted(name)).append("]");
}

std::string element_path(std::string_view path, std::size_t index) {
  return std::string(path).append("[").append(std::to_string(index)).append("]");
}

}  // namespace manta::detail
