#include "spec/checks.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include <manta/detail/json_reader.h>

namespace manta::spec {

std::string number_text(double number) {
  char digits[32];
  return {digits, std::to_chars(digits, digits + sizeof digits, number).ptr};
}

void Checks::require(bool ok, std::string field, std::string message) {
  if (!ok) faults_.push_back({std::move(field), std::move(message)});
}

void Checks::at_least(double value, double least, std::string field) {
  require(value >= least, std::move(field), "expected " + number_text(least) + " or more, found " + number_text(value));
}

void Checks::above(double value, double least, std::string field) {
  require(value > least, std::move(field),
          "expected more than " + number_text(least) + ", found " + number_text(value));
}

void Checks::between(double value, double least, double most, std::string field) {
  require(value >= least && value <= most, std::move(field),
          "expected " + number_text(least) + " to " + number_text(most) + ", found " + number_text(value));
}

void Checks::json(const std::string& value, std::string field) {
  const detail::JsonReader reader(value);
  require(reader.ok(), std::move(field), reader.error());
}

void Checks::name(std::string_view value, std::string field) {
  constexpr std::size_t kLongest = 128;
  require(!value.empty(), field, "a name is needed");
  require(value.size() <= kLongest, field, "longer than " + std::to_string(kLongest) + " bytes");
  const bool clean =
      std::ranges::all_of(value, [](unsigned char c) { return c > ' ' && c != '#' && c != '/' && c != 0x7f; });
  require(clean, std::move(field), "'" + std::string(value) + "' holds a space, '#', '/' or a control character");
}

void Checks::environment(const std::map<std::string, std::string>& variables, const std::string& field) {
  for (const auto& [key, value] : variables) {
    require(!key.empty() && key.find('=') == std::string::npos && key.find('\0') == std::string::npos, field,
            "'" + key + "' cannot name an environment variable");
    require(value.find('\0') == std::string::npos, field + "." + key, "a NUL cannot stand in the environment");
  }
}

void Checks::nested(const std::vector<Fault>& faults, const std::string& prefix) {
  for (const Fault& fault : faults) faults_.push_back({prefix + "." + fault.field, fault.message});
}

std::string element(const std::string& field, std::size_t index) { return field + "[" + std::to_string(index) + "]"; }

}  // namespace manta::spec
