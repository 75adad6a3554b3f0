#include "spec/yaml_scalar.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>

namespace manta::spec {
namespace {

using detail::JsonWriter;

template <std::size_t N>
bool is_one_of(std::string_view text, const std::array<std::string_view, N>& words) {
  for (const std::string_view word : words)
    if (text == word) return true;
  return false;
}

constexpr std::array<std::string_view, 5> kNulls{"", "~", "null", "Null", "NULL"};
constexpr std::array<std::string_view, 3> kTrue{"true", "True", "TRUE"};
constexpr std::array<std::string_view, 3> kFalse{"false", "False", "FALSE"};
constexpr std::array<std::string_view, 12> kNotFinite{".inf",  ".Inf",  ".INF",  "+.inf", "+.Inf", "+.INF",
                                                      "-.inf", "-.Inf", "-.INF", ".nan",  ".NaN",  ".NAN"};

bool all_digits(std::string_view text, std::string_view digits) {
  return !text.empty() && text.find_first_not_of(digits) == std::string_view::npos;
}

// What the whole of `text` is as a number of this type and base.
template <class Number, class... Base>
std::optional<Number> parsed(std::string_view text, Base... base) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base...);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

bool is_integer(std::string_view text) {
  if (text.starts_with("0x")) return all_digits(text.substr(2), "0123456789abcdefABCDEF");
  if (text.starts_with("0o")) return all_digits(text.substr(2), "01234567");
  if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
  return all_digits(text, "0123456789");
}

std::string write_integer(JsonWriter& writer, std::string_view text) {
  const int base = text.starts_with("0x") ? 16 : text.starts_with("0o") ? 8 : 10;
  std::string_view digits = text;
  if (base != 10) digits.remove_prefix(2);
  if (digits.starts_with('+')) digits.remove_prefix(1);
  if (const auto number = parsed<std::int64_t>(digits, base))
    writer.integer(*number);
  else if (const auto large = parsed<std::uint64_t>(digits, base))
    writer.integer(*large);
  else
    return "the integer " + std::string(text) + " is out of range";
  return {};
}

// [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)? of the core schema, by hand: no regular expression on a file's
// text.
bool is_float(std::string_view text) {
  const auto skip_digits = [&] {
    const std::size_t count = std::min(text.find_first_not_of("0123456789"), text.size());
    text.remove_prefix(count);
    return count;
  };
  if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
  std::size_t digits = skip_digits();
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    digits += skip_digits();
  }
  if (digits == 0) return false;
  if (text.empty()) return true;
  if (!text.starts_with('e') && !text.starts_with('E')) return false;
  text.remove_prefix(1);
  if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
  return skip_digits() > 0 && text.empty();
}

std::string write_float(JsonWriter& writer, std::string_view text) {
  std::string_view number = text;
  if (number.starts_with('+')) number.remove_prefix(1);
  const auto value = parsed<double>(number);
  if (!value) return "the number " + std::string(text) + " is out of range";
  writer.number(*value);
  return {};
}

std::string write_string(JsonWriter& writer, const std::string& text) {
  return writer.string(text) ? "" : "the text is not UTF-8";
}

}  // namespace

std::string write_plain_scalar(JsonWriter& writer, const std::string& text) {
  if (is_one_of(text, kNulls)) return writer.null(), "";
  if (is_one_of(text, kTrue)) return writer.boolean(true), "";
  if (is_one_of(text, kFalse)) return writer.boolean(false), "";
  if (is_one_of(text, kNotFinite)) return "numbers must be finite; found " + text;
  if (is_integer(text)) return write_integer(writer, text);
  if (is_float(text)) return write_float(writer, text);
  return write_string(writer, text);
}

std::string write_tagged_scalar(JsonWriter& writer, std::string_view tag, const std::string& text) {
  constexpr std::string_view kCore = "tag:yaml.org,2002:";
  if (!tag.starts_with(kCore)) return write_plain_scalar(writer, text);
  const std::string_view type = tag.substr(kCore.size());
  if (type == "str") return write_string(writer, text);
  if (type == "null") return writer.null(), "";
  if (type == "int" && is_integer(text)) return write_integer(writer, text);
  if (type == "float" && is_float(text)) return write_float(writer, text);
  if (type == "bool" && is_one_of(text, kTrue)) return writer.boolean(true), "";
  if (type == "bool" && is_one_of(text, kFalse)) return writer.boolean(false), "";
  return "'" + text + "' is no !!" + std::string(type);
}

}  // namespace manta::spec
