#include "spec/config_section.h"

#include <algorithm>

#include "codec/nearest.h"

namespace manta::spec {
namespace {

// "$.a.b: what" of a decoding error without the path.
std::string without_path(const Error& error) {
  const std::string prefix = error.detail + ": ";
  return error.message.starts_with(prefix) ? error.message.substr(prefix.size()) : error.message;
}

}  // namespace

Section::Section(Report& report, std::string path, const std::string& json) : report_(report), path_(std::move(path)) {
  const auto keys = detail::from_json<std::map<std::string, Json>>(json);
  if (!keys) {
    report_.errors.push_back({path_, without_path(keys.error()), {}});
    return;
  }
  for (const auto& [key, value] : *keys)
    if (value.text != "null") keys_.emplace(key, value.text);
}

std::optional<std::string> Section::take(std::string_view name) {
  known_.push_back(name);
  const auto found = keys_.find(name);
  if (found == keys_.end()) return std::nullopt;
  return found->second;
}

Section Section::section(std::string_view name) { return Section(report_, path_of(name), take(name).value_or("{}")); }

std::vector<Section> Section::sections(std::string_view name) {
  std::vector<Json> values;
  read(name, values);
  std::vector<Section> sections;
  for (std::size_t i = 0; i < values.size(); ++i)
    sections.emplace_back(report_, detail::element_path(path_of(name), i), values[i].text);
  return sections;
}

void Section::ignore(std::initializer_list<std::string_view> names, std::string_view why) {
  for (const std::string_view name : names)
    if (take(name)) warn(name, "'" + std::string(name) + "' is ignored: " + std::string(why));
}

void Section::refuse_rest() {
  for (const auto& [key, value] : keys_) {
    if (std::ranges::find(known_, key) != known_.end()) continue;
    const std::string where = path_ == "$" ? "at the top level" : "in " + path_.substr(2);
    refuse(key, "unknown key '" + key.substr(0, 64) + "' " + where + codec::suggestion(key, known_));
  }
}

void Section::refuse(std::string_view name, std::string message) {
  report_.errors.push_back({path_of(name), std::move(message), {}});
}

void Section::refuse(std::string_view name, const Error& error) {
  const std::string below = error.detail.starts_with('$') ? error.detail.substr(1) : "";
  report_.errors.push_back({path_of(name) + below, without_path(error), {}});
}

void Section::refuse_below(std::string_view path, std::string message) {
  report_.errors.push_back({path_ + "." + std::string(path), std::move(message), {}});
}

void Section::warn(std::string_view name, std::string message) {
  report_.warnings.push_back({path_of(name), std::move(message), {}});
}

}  // namespace manta::spec
