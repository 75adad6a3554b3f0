#include "cli/node_list.h"

#include <charconv>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <boost/describe/class.hpp>

#include <manta/detail/json.h>

#include "spec/yaml_document.h"

namespace manta::cli {
namespace {

constexpr int kMostNodes = 100'000;

struct NodeEntry {
  std::string name;
  int count = 1;
  double num_cpus = 0, num_gpus = 0, memory = 0;
  std::map<std::string, double> resources;
  std::map<std::string, std::string> labels;
  std::string accelerator_type;
};
BOOST_DESCRIBE_STRUCT(NodeEntry, (), (name, count, num_cpus, num_gpus, memory, resources, labels, accelerator_type))

struct NodeFile {
  std::vector<NodeEntry> nodes;
};
BOOST_DESCRIBE_STRUCT(NodeFile, (), (nodes))

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    text = end == std::string_view::npos ? "" : text.substr(end + 1);
  }
  return parts;
}

// "64GiB", "1.5"; sizes are powers of 1024 with an i, of 1000 without.
std::optional<double> amount(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || value < 0) return std::nullopt;
  static const std::map<std::string_view, double> kUnits{
      {"", 1},        {"KiB", 1024.0}, {"MiB", 1048576.0}, {"GiB", 1073741824.0}, {"TiB", 1099511627776.0},
      {"KB", 1000.0}, {"MB", 1e6},     {"GB", 1e9},        {"TB", 1e12}};
  const auto unit = kUnits.find(std::string_view(end, static_cast<std::size_t>(text.data() + text.size() - end)));
  if (unit == kUnits.end()) return std::nullopt;
  return value * unit->second;
}

std::unexpected<Error> wrong(std::string_view part, std::string_view why) {
  return fail(ErrorCode::InvalidArgument, fmt::format("nodes: '{}': {}", part, why));
}

Result<void> read_pair(NodeEntry& entry, std::string_view key, std::string_view value, std::string_view part) {
  constexpr std::string_view kCustom = "resource:";
  const auto number = amount(value);
  double* target = key == "cpu" || key == "num_cpus"   ? &entry.num_cpus
                   : key == "gpu" || key == "num_gpus" ? &entry.num_gpus
                   : key == "memory"                   ? &entry.memory
                   : key.starts_with(kCustom)          ? &entry.resources[std::string(key.substr(kCustom.size()))]
                                                       : nullptr;
  if (target != nullptr && !number) return wrong(part, fmt::format("'{}' is no amount", value));
  if (target != nullptr)
    *target = *number;
  else if (key == "name")
    entry.name = value;
  else if (key == "accelerator_type")
    entry.accelerator_type = value;
  else
    entry.labels[std::string(key)] = value;
  return {};
}

Result<NodeEntry> read_entry(std::string_view part) {
  NodeEntry entry;
  std::string_view rest = part;
  const std::size_t times = rest.find('x');
  if (times != std::string_view::npos && times > 0 && times < rest.find('=')) {
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + times, entry.count);
    if (error == std::errc() && end == rest.data() + times) rest.remove_prefix(times + 1);
  }
  for (const std::string_view pair : split(rest, ',')) {
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos || equals == 0) return wrong(part, "expected key=value");
    if (auto read = read_pair(entry, pair.substr(0, equals), pair.substr(equals + 1), part); !read)
      return std::unexpected(std::move(read.error()));
  }
  return entry;
}

Result<std::vector<control::NodeView>> expand(const std::vector<NodeEntry>& entries) {
  std::vector<control::NodeView> nodes;
  for (const NodeEntry& entry : entries) {
    if (entry.count < 1 || entry.count > kMostNodes - static_cast<int>(nodes.size()))
      return fail(ErrorCode::InvalidArgument,
                  fmt::format("nodes: expected 1 to {} nodes, found a count of {}", kMostNodes, entry.count));
    for (int i = 0; i < entry.count; ++i) {
      const std::string number =
          std::to_string(entry.name.empty() ? nodes.size() + 1 : static_cast<std::size_t>(i) + 1);
      std::string name = entry.name.empty() ? "node-" + number : entry.name;
      if (!entry.name.empty() && entry.count > 1) name += "-" + number;
      nodes.push_back({.node_id = std::move(name),
                       .total = {.num_cpus = entry.num_cpus,
                                 .num_gpus = entry.num_gpus,
                                 .memory = entry.memory,
                                 .resources = entry.resources},
                       .labels = entry.labels,
                       .accelerator_type = entry.accelerator_type,
                       .is_head = nodes.empty()});
    }
  }
  if (nodes.empty()) return fail(ErrorCode::InvalidArgument, "nodes: there are none");
  return nodes;
}

}  // namespace

Result<std::vector<control::NodeView>> parse_node_list(const std::string& text) {
  std::vector<NodeEntry> entries;
  for (const std::string_view part : split(text, ';')) {
    auto entry = read_entry(part);
    if (!entry) return std::unexpected(std::move(entry.error()));
    entries.push_back(*std::move(entry));
  }
  return expand(entries);
}

Result<std::vector<control::NodeView>> parse_node_file(const std::string& yaml, const std::string& file) {
  std::vector<spec::Finding> findings;
  const spec::YamlDocument document = spec::read_yaml(yaml, nullptr, findings);
  if (!findings.empty()) {
    const spec::Finding& first = findings.front();
    return fail(ErrorCode::InvalidArgument,
                fmt::format("{}:{}:{}: {}", file, first.place.line, first.place.column, first.message));
  }
  const bool is_list = document.json.starts_with('[');
  auto nodes = detail::from_json<NodeFile>(is_list ? "{\"nodes\":" + document.json + "}" : document.json);
  if (!nodes) return fail(ErrorCode::InvalidArgument, file + ": " + nodes.error().message);
  return expand(nodes->nodes);
}

}  // namespace manta::cli
