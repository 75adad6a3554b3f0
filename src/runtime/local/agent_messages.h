#pragma once
// Bodies of the agent's API on agent.sock, JSON: POST /start (ReplicaProcess -> ObservedReplica), POST /stop
// (StopRequest), POST /kill_role (KillRoleRequest), GET /list (ReplicaList), GET /nodes (NodeList), POST /watch (a
// stream of ReplicaExit items), POST /shutdown; and, for processes that replicas start, POST /claim (ClaimRequest ->
// ClaimAnswer).

#include <string>
#include <vector>

#include <boost/describe/class.hpp>

#include "runtime/backend.h"

namespace manta::runtime {

struct StopRequest {
  std::string id;
  double grace_s = 20;
};
BOOST_DESCRIBE_STRUCT(StopRequest, (), (id, grace_s))

struct KillRoleRequest {
  std::string name;  // "proxy"
};
BOOST_DESCRIBE_STRUCT(KillRoleRequest, (), (name))

struct ReplicaList {
  std::vector<ObservedReplica> replicas;
};
BOOST_DESCRIBE_STRUCT(ReplicaList, (), (replicas))

struct NodeList {
  std::vector<NodeInfo> nodes;
};
BOOST_DESCRIBE_STRUCT(NodeList, (), (nodes))

}  // namespace manta::runtime
