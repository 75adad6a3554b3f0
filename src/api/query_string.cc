#include "api/query_string.h"

#include <algorithm>
#include <charconv>

namespace manta::api {

std::string percent_decode(std::string_view text, bool plus_is_space) {
  if (!text.contains('%') && !(plus_is_space && text.contains('+'))) return std::string(text);
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned byte = 0;
    const char* digits = text.data() + i + 1;
    if (text[i] == '%' && i + 2 < text.size() && std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2) {
      decoded += static_cast<char>(byte);
      i += 2;
    } else {
      decoded += plus_is_space && text[i] == '+' ? ' ' : text[i];
    }
  }
  return decoded;
}

std::vector<std::pair<std::string, std::string>> parse_query(std::string_view query_string) {
  std::vector<std::pair<std::string, std::string>> fields;
  while (!query_string.empty()) {
    const std::string_view field = query_string.substr(0, query_string.find('&'));
    query_string.remove_prefix(std::min(query_string.size(), field.size() + 1));
    if (field.empty()) continue;
    const std::size_t equals = field.find('=');
    const std::string_view value = equals == field.npos ? std::string_view() : field.substr(equals + 1);
    fields.emplace_back(percent_decode(field.substr(0, equals), true), percent_decode(value, true));
  }
  return fields;
}

}  // namespace manta::api
