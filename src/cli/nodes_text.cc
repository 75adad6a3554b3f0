#include "cli/nodes_text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <boost/describe/class.hpp>

#include <manta/detail/json.h>

#include "cli/aligned.h"
#include "spec/json_to_yaml.h"

namespace manta::cli {
namespace {

using control::Amounts;
using control::NodeReport;

constexpr std::string_view kRule = "---------------------------------------------------------------\n";

// GPUs and CPUs first, as `ray status` has them.
std::vector<std::string> names_of(const Amounts& amounts) {
  std::vector<std::string> names;
  for (const char* first : {"GPU", "CPU", "memory"})
    if (amounts.contains(first)) names.emplace_back(first);
  for (const auto& [name, amount] : amounts)
    if (std::ranges::find(names, name) == names.end()) names.push_back(name);
  return names;
}

double amount_of(const Amounts& amounts, const std::string& name) {
  const auto found = amounts.find(name);
  return found == amounts.end() ? 0 : found->second;
}

// 2 -> "2.0", 0.25 -> "0.25"
std::string decimal(double value) {
  std::string text = fmt::format("{:.10g}", std::round(value * 10'000) / 10'000);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

std::string in_bytes_units(double value) {
  constexpr std::array<std::string_view, 5> kUnits{"B", "KiB", "MiB", "GiB", "TiB"};
  std::size_t unit = 0;
  for (; value >= 1024 && unit + 1 < kUnits.size(); ++unit) value /= 1024;
  return unit == 0 ? fmt::format("{:.0f}B", value) : fmt::format("{:.2f}{}", value, kUnits[unit]);
}

std::string in_units(const std::string& name, double value) {
  return name == "memory" ? in_bytes_units(value) : decimal(value);
}

// {"GPU": 1.0, "CPU": 4.0}
std::string as_json(const Amounts& amounts) {
  std::vector<std::string> parts;
  for (const std::string& name : names_of(amounts))
    parts.push_back(fmt::format("\"{}\": {}", name, decimal(amount_of(amounts, name))));
  return fmt::format("{{{}}}", fmt::join(parts, ", "));
}

Amounts used_of(const NodeReport& node) {
  Amounts used = node.used;
  for (const auto& [name, others] : node.used_by_others) used[name] += others;
  return used;
}

std::string usage_text(const std::vector<NodeReport>& nodes) {
  Amounts total, used;
  for (const NodeReport& node : nodes) {
    for (const auto& [name, value] : node.total) total[name] += value;
    for (const auto& [name, value] : used_of(node)) used[name] += value;
  }
  std::string text = "Usage:\n";
  for (const std::string& name : names_of(total))
    text +=
        fmt::format(" {}/{} {}\n", in_units(name, amount_of(used, name)), in_units(name, amount_of(total, name)), name);
  return text;
}

// Machines of one kind stand in one line; how many bytes of memory each has does not tell them apart.
std::string alike_text(const std::vector<NodeReport>& nodes, const std::vector<std::string_view>& states) {
  std::vector<std::pair<std::string, int>> kinds;
  for (const NodeReport& node : nodes) {
    if (std::ranges::find(states, node.state) == states.end()) continue;
    Amounts total = node.total;
    total.erase("memory");
    std::string kind = as_json(total);
    const auto known = std::ranges::find(kinds, kind, &std::pair<std::string, int>::first);
    if (known == kinds.end())
      kinds.emplace_back(std::move(kind), 1);
    else
      ++known->second;
  }
  std::string text;
  for (const auto& [kind, count] : kinds) text += fmt::format(" {} node(s) with resources: {}\n", count, kind);
  return text;
}

std::string node_status_text(const std::vector<NodeReport>& nodes) {
  const std::string active = alike_text(nodes, {"ALIVE", "COMPACTING"});
  std::string text = "Node status\n" + std::string(kRule) + "Active:\n" + (active.empty() ? " (no nodes)\n" : active);
  const auto add = [&](const char* title, const std::string& lines) {
    if (!lines.empty()) text += fmt::format("{}:\n{}", title, lines);
  };
  add("Draining", alike_text(nodes, {"DRAINING", "DRAINED", "LEAVING"}));
  add("Lost", alike_text(nodes, {"LOST"}));
  return text;
}

// One line for what is wanted, then one for what each node lacks.
std::string pending_text(const control::PendingReport& pending) {
  std::vector<std::string> needs;
  for (const Amounts& bundle : pending.bundles) needs.push_back(as_json(bundle));
  std::string text = fmt::format(" {}/{}: {} replica(s), each needs {}\n", pending.application, pending.deployment,
                                 pending.replicas, fmt::join(needs, " + "));
  std::string_view rest = pending.message;
  if (rest.starts_with("pending: ")) rest.remove_prefix(9);
  while (!rest.empty()) {
    const std::size_t end = rest.find("; ");
    text += fmt::format("   {}\n", rest.substr(0, end));
    rest = end == std::string_view::npos ? "" : rest.substr(end + 2);
  }
  return text;
}

std::string share_text(const NodeReport& node, const std::string& name) {
  if (!node.total.contains(name)) return "-";
  const double used = amount_of(used_of(node), name), total = amount_of(node.total, name);
  if (name == "memory") return in_bytes_units(used) + "/" + in_bytes_units(total);
  return fmt::format("{:.6g}/{:.6g}", used, total);
}

std::string custom_text(const NodeReport& node) {
  std::vector<std::string> parts;
  for (const auto& [name, total] : node.total)
    if (name != "CPU" && name != "GPU" && name != "memory")
      parts.push_back(fmt::format("{} {}", share_text(node, name), name));
  return parts.empty() ? "-" : fmt::format("{}", fmt::join(parts, ", "));
}

std::string marks_text(const NodeReport& node) {
  std::vector<std::string> parts;
  if (!node.accelerator_type.empty()) parts.push_back(node.accelerator_type);
  for (const auto& [name, value] : node.labels) parts.push_back(name + "=" + value);
  return parts.empty() ? "-" : fmt::format("{}", fmt::join(parts, ", "));
}

std::string replicas_on(const NodeReport& node) {
  std::vector<std::string> parts;
  for (const auto& [name, count] : node.replicas_of)
    parts.push_back(count == 1 ? name : fmt::format("{} x{}", name, count));
  return parts.empty() ? "-" : fmt::format("{}", fmt::join(parts, ", "));
}

std::string nodes_table(const std::vector<NodeReport>& nodes) {
  std::vector<std::vector<std::string>> rows{
      {"NODE", "ADDRESS", "STATE", "CPU", "GPU", "MEMORY", "CUSTOM", "LABELS", "PROXY", "REPLICAS"}};
  for (const NodeReport& node : nodes)
    rows.push_back({node.node_id + (node.is_head ? " (head)" : ""), node.address.empty() ? "-" : node.address,
                    node.state, share_text(node, "CPU"), share_text(node, "GPU"), share_text(node, "memory"),
                    custom_text(node), marks_text(node), node.proxy.empty() ? "-" : node.proxy, replicas_on(node)});
  return aligned(rows);
}

struct NodePart {
  std::string state;
  std::string message;
  std::map<std::string, int> replicas;
};
BOOST_DESCRIBE_STRUCT(NodePart, (), (state, message, replicas))

struct NodesPart {
  std::map<std::string, NodePart> nodes;
};
BOOST_DESCRIBE_STRUCT(NodesPart, (), (nodes))

// Why it is as it is; empty: nothing to say.
std::string why(const NodeReport& node) {
  const std::string proxy = node.proxy_message.empty() ? "" : "proxy " + node.proxy + ": " + node.proxy_message;
  return node.message.empty() || proxy.empty() ? node.message + proxy : node.message + "; " + proxy;
}

}  // namespace

std::string nodes_text(const control::NodesReport& report) {
  std::string text = "Resources\n" + std::string(kRule) + usage_text(report.nodes);
  text += node_status_text(report.nodes) + "Pending:\n";
  for (const control::PendingReport& pending : report.pending) text += pending_text(pending);
  if (report.pending.empty()) text += " (no replica waits)\n";
  text += "\n" + nodes_table(report.nodes);
  for (const NodeReport& node : report.nodes)
    if (const std::string message = why(node); !message.empty()) text += fmt::format("{}: {}\n", node.node_id, message);
  return text;
}

std::string nodes_status_yaml(const control::NodesReport& report) {
  if (report.nodes.size() < 2) return {};
  NodesPart part;
  for (const NodeReport& node : report.nodes) part.nodes[node.node_id] = {node.state, why(node), node.replicas_of};
  return spec::json_to_yaml(detail::to_json(part).value_or("{}"));
}

}  // namespace manta::cli
