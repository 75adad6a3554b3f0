#pragma once

#include <string_view>

namespace manta::detail {

template <auto Member>
constexpr const char* member_text() {
  return __PRETTY_FUNCTION__;
}

template <class Type>
constexpr const char* type_text() {
  return __PRETTY_FUNCTION__;
}

// What stands after "<key> = " in the compiler's text, up to the end of that template argument.
constexpr std::string_view argument_of(std::string_view text, std::string_view key) {
  const auto at = text.find(key);
  text.remove_prefix(at + key.size());
  return text.substr(0, text.find_first_of(";]"));
}

constexpr std::string_view after_last_scope(std::string_view text) {
  const auto at = text.rfind("::");
  return at == text.npos ? text : text.substr(at + 2);
}

// "query" for &Rag::query.
template <auto Member>
constexpr std::string_view member_name() {
  std::string_view text = after_last_scope(argument_of(member_text<Member>(), "Member = "));
  while (text.ends_with(')')) text.remove_suffix(1);
  if (text.starts_with('&')) text.remove_prefix(1);
  return text;
}

// "Rag" for shop::Rag; template arguments are left out.
template <class Type>
constexpr std::string_view class_name() {
  std::string_view text = argument_of(type_text<Type>(), "Type = ");
  return after_last_scope(text.substr(0, text.find('<')));
}

// Of a deployment class: its class_name, unless it says `deployment_name`.
template <class D>
constexpr std::string_view deployment_name() {
  if constexpr (requires { std::string_view(D::deployment_name); })
    return D::deployment_name;
  else
    return class_name<D>();
}

}  // namespace manta::detail
