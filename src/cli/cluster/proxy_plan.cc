#include "cli/cluster/proxy_plan.h"

#include <algorithm>

namespace manta::cli {
namespace {

constexpr std::string_view kPrefix = "proxy-";

bool is_wanted(const std::string& location, const runtime::NodeInfo& node) {
  return location == "EveryNode" || (location == "HeadOnly" && node.is_head);
}

std::string name_without_prefix(const std::string& role) { return role.substr(kPrefix.size()); }

}  // namespace

std::string proxy_role_name(const std::string& node_id) { return std::string(kPrefix) + node_id; }

ProxyPlan plan_proxies(const std::string& location, const std::vector<runtime::NodeInfo>& nodes,
                       const std::vector<runtime::RoleInfo>& roles, const std::set<std::string>& in_use) {
  std::set<std::string> wanted, leaving;
  for (const runtime::NodeInfo& node : nodes) {
    if (!is_wanted(location, node)) continue;
    wanted.insert(proxy_role_name(node.node_id));
    if (node.is_leaving || (!node.is_head && !in_use.contains(node.node_id)))
      leaving.insert(proxy_role_name(node.node_id));
  }
  ProxyPlan plan;
  std::set<std::string> existing;
  for (const runtime::RoleInfo& role : roles) {
    existing.insert(role.name);
    if (role.name.starts_with(kPrefix) && !wanted.contains(role.name)) plan.stop.push_back(role.name);
    if (leaving.contains(role.name)) plan.drain.push_back(name_without_prefix(role.name));
  }
  for (const std::string& name : wanted)
    if (!existing.contains(name) && !leaving.contains(name)) plan.start.push_back(name_without_prefix(name));
  return plan;
}

}  // namespace manta::cli
