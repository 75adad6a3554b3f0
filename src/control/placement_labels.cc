#include "control/placement_labels.h"

#include <string_view>

#include <fmt/format.h>

namespace manta::control {
namespace {

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

bool is_listed(std::string_view value, std::string_view list) {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    if (trimmed(list.substr(0, comma)) == value) return true;
    list = comma == std::string_view::npos ? "" : list.substr(comma + 1);
  }
  return false;
}

const std::string* label_of(const NodeView& node, const std::string& key) {
  const auto label = node.labels.find(key);
  if (label != node.labels.end()) return &label->second;
  if (key == "ray.io/node-id") return &node.node_id;
  if (key == "ray.io/accelerator-type" && !node.accelerator_type.empty()) return &node.accelerator_type;
  return nullptr;
}

}  // namespace

bool label_matches(const std::string* value, const std::string& condition) {
  std::string_view wanted = trimmed(condition);
  const bool negated = wanted.starts_with('!');
  if (negated) wanted.remove_prefix(1);
  if (value == nullptr) return negated;
  const bool is_list = wanted.starts_with("in(") && wanted.ends_with(')');
  const bool met = is_list ? is_listed(*value, wanted.substr(3, wanted.size() - 4)) : *value == wanted;
  return met != negated;
}

std::string unmet_label(const NodeView& node, const std::map<std::string, std::string>& selector) {
  for (const auto& [key, condition] : selector) {
    const std::string* value = label_of(node, key);
    if (label_matches(value, condition)) continue;
    return value == nullptr ? fmt::format("no label {}, needs {}", key, condition)
                            : fmt::format("label {} is {}, needs {}", key, *value, condition);
  }
  return {};
}

std::string zone_of(const NodeView& node) {
  for (const char* key : {"ray.io/availability-zone", "topology.kubernetes.io/zone"})
    if (const std::string* zone = label_of(node, key)) return *zone;
  return {};
}

}  // namespace manta::control
