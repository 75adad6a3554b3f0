#pragma once

#include <set>
#include <string>
#include <vector>

#include "runtime/backend.h"
#include "runtime/ray/ray_roles.h"

namespace manta::cli {

// Name of the role that is the proxy of a node.
std::string proxy_role_name(const std::string& node_id);

struct ProxyPlan {
  std::vector<std::string> start;  // node ids: a proxy is missing there
  std::vector<std::string> drain;  // node ids: its node leaves the cluster, or has nothing but it
  std::vector<std::string> stop;   // role names: proxies where none is to be
};

// Which proxies are to be started and stopped. `location`: EveryNode (the head and each node of `in_use`, those that
// have replicas: an autoscaler gives no node back on which a proxy runs), HeadOnly or Disabled. Roles of other kinds
// are left alone; a proxy that exists stays as it is, whatever state it is in: its supervisor restarts it. On a node
// that leaves none is started.
ProxyPlan plan_proxies(const std::string& location, const std::vector<runtime::NodeInfo>& nodes,
                       const std::vector<runtime::RoleInfo>& roles, const std::set<std::string>& in_use);

}  // namespace manta::cli
