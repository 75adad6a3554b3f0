#pragma once

#include <map>
#include <string>
#include <vector>

#include <boost/describe/class.hpp>

namespace manta::runtime {

// Pauses before a role's process is executed again: doubled at each end, from the first to the most.
struct RoleBackoff {
  double first_s = 0.1;
  double most_s = 5;
  double reset_after_s = 10;  // of running: the next pause is the first again
};
BOOST_DESCRIBE_STRUCT(RoleBackoff, (), (first_s, most_s, reset_after_s))

// A process of a node that is to run for good (a proxy): its supervisor executes it again in place whenever it ends. It
// outlives bridge and controller, and takes no resources.
struct RoleStart {
  std::string name;
  std::string node_id;
  std::vector<std::string> argv;  // "{listen_fd}" becomes the number of the listening descriptor
  std::map<std::string, std::string> environment;
  std::string listen_address;  // "0.0.0.0:8000", open between two processes too; empty: none
  RoleBackoff backoff;
  std::string log_dir;  // on the node; empty: only Ray's own log
  double grace_s = 20;  // of the process that this one replaces
};
BOOST_DESCRIBE_STRUCT(RoleStart, (), (name, node_id, argv, environment, listen_address, backoff, log_dir, grace_s))

struct RoleInfo {
  std::string name;
  std::string node_id;
  std::string state;    // pending, running, restarting
  int pid = 0;          // 0 unless it is running
  std::string address;  // "10.0.0.2:8000"; empty: it does not listen
  std::string reason;   // why it is not running
};
BOOST_DESCRIBE_STRUCT(RoleInfo, (), (name, node_id, state, pid, address, reason))

struct RoleStop {
  std::string name;
  double grace_s = 20;
};
BOOST_DESCRIBE_STRUCT(RoleStop, (), (name, grace_s))

// `final`: it is not executed again; it was stopped, or its node is lost.
struct RoleEnd {
  std::string name;
  std::string node_id;
  int pid = 0;
  int exit_code = -1;  // -1 when ended by a signal or unknown
  int signal = 0;
  std::string last_output;
  std::string reason;  // why there is no exit code
  bool final = false;
};
BOOST_DESCRIBE_STRUCT(RoleEnd, (), (name, node_id, pid, exit_code, signal, last_output, reason, final))

// What waits for room in the cluster, as Ray has it.
struct PendingPlacement {
  std::string kind;  // replica, placement_group
  std::string name;
  double waiting_s = 0;
  std::map<std::string, double> needs;
  std::vector<std::string> reasons;  // "node 10.0.0.2: needs GPU 1, free 0.5 of 2"
};
BOOST_DESCRIBE_STRUCT(PendingPlacement, (), (kind, name, waiting_s, needs, reasons))

}  // namespace manta::runtime
