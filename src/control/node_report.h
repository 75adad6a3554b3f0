#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <boost/describe/class.hpp>

#include "control/controller.h"

namespace manta::control {

// Amounts by name, as Ray names them: CPU, GPU, memory (bytes), and custom resources.
using Amounts = std::map<std::string, double>;
Amounts amounts_of(const Resources& resources);

// A replica, or the part of one that holds a bundle of its placement group on this node.
struct NodeReplica {
  std::string replica_id, application, deployment, state;
  Amounts holds;
  std::vector<int> gpus;
};
BOOST_DESCRIBE_STRUCT(NodeReplica, (), (replica_id, application, deployment, state, holds, gpus))

struct NodeReport {
  std::string node_id;
  std::string address;  // of the machine; empty: not known
  bool is_head = false;
  // ALIVE; DRAINING, DRAINED (empty) by order; LEAVING: the cluster gives it up; LOST: gone, replicas were seen on it
  std::string state = "ALIVE";
  std::string message;  // why replicas cannot leave it yet
  Amounts total;        // of the machine
  Amounts used;         // by replicas
  Amounts used_by_others;
  Amounts free;
  std::string accelerator_type;
  std::map<std::string, std::string> labels;
  std::map<std::string, int> replicas_of;  // how many, by APPLICATION/DEPLOYMENT
  std::vector<NodeReplica> replicas;
  std::string proxy;          // its status; empty: none runs here
  std::string proxy_message;  // why it is UNHEALTHY
};
BOOST_DESCRIBE_STRUCT(NodeReport, (),
                      (node_id, address, is_head, state, message, total, used, used_by_others, free, accelerator_type,
                       labels, replicas_of, replicas, proxy, proxy_message))

// Replicas of a deployment that fit nowhere.
struct PendingReport {
  std::string application, deployment;
  int replicas = 0;
  std::vector<Amounts> bundles;  // that each needs
  std::string message;           // "pending: needs 1 GPU; node a: GPU 0 free < 1"
};
BOOST_DESCRIBE_STRUCT(PendingReport, (), (application, deployment, replicas, bundles, message))

// Answer of GET /api/serve/nodes: the head first, then by id.
struct NodesReport {
  std::vector<NodeReport> nodes;
  std::vector<PendingReport> pending;
};
BOOST_DESCRIBE_STRUCT(NodesReport, (), (nodes, pending))

// What the report is made from.
struct NodeFacts {
  std::vector<NodeView> nodes;
  std::vector<ReplicaView> replicas;
  std::vector<NodeDrain> drains;
  std::map<std::string, std::string> proxies;              // status by node id
  std::map<std::string, std::string> proxy_messages = {};  // of those that have one
};

std::vector<NodeReport> node_reports(const NodeFacts& facts);
NodesReport nodes_report(const Controller& controller);
// Ids of those that have replicas, in whatever state; none: not known before it has adopted.
std::optional<std::set<std::string>> nodes_in_use(const Controller& controller);

}  // namespace manta::control
