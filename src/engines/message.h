#pragma once

#include <charconv>
#include <string>
#include <string_view>
#include <type_traits>

// Texts of errors. libstdc++ 12 has no <format>.
namespace manta::engines {

namespace detail {

template <class Value>
std::string shown(const Value& value) {
  if constexpr (std::is_arithmetic_v<Value>) {
    char digits[32];
    return {digits, std::to_chars(digits, digits + sizeof digits, value).ptr};  // floats: the shortest exact form
  } else {
    return std::string(std::string_view(value));
  }
}

}  // namespace detail

// `pattern` with each {} replaced by the next value: texts and numbers.
template <class... Values>
std::string message(std::string_view pattern, const Values&... values) {
  std::string text;
  const auto append = [&](const std::string& value) {
    const std::size_t hole = pattern.find("{}");
    text.append(pattern.substr(0, hole)).append(value);
    pattern.remove_prefix(hole + 2);
  };
  (append(detail::shown(values)), ...);
  return text.append(pattern);
}

}  // namespace manta::engines
