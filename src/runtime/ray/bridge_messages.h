#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <boost/describe/class.hpp>

#include <manta/config.h>
#include <manta/tensor.h>

#include "spec/reservation.h"

namespace manta::runtime {

// What goes between the controller and the bridge, one JSON object a line: the same names as in
// python/manta_ray/protocol.py, which says what they mean. Times in seconds, memory in bytes.
inline constexpr int kBridgeProtocol = 1;

using Amounts = std::map<std::string, double>;  // by Ray's names: CPU, GPU, memory, custom resources

struct BridgeError {
  std::string code, reason, message, remedy;
};
BOOST_DESCRIBE_STRUCT(BridgeError, (), (code, reason, message, remedy))

struct BridgeWelcome {
  int protocol = 0;
  std::string manta, ray, python, cluster_id, node_id;
};
BOOST_DESCRIBE_STRUCT(BridgeWelcome, (), (protocol, manta, ray, python, cluster_id, node_id))

// Any line of the bridge: an answer has an id, an event a name, the first one a welcome or an error without id.
struct BridgeLine {
  std::optional<std::uint64_t> id;
  std::optional<Json> ok;
  std::optional<BridgeError> error;
  std::string event;
  Json data;
  std::optional<BridgeWelcome> hello;
};
BOOST_DESCRIBE_STRUCT(BridgeLine, (), (id, ok, error, event, data, hello))

struct BridgeRequest {
  std::uint64_t id = 0;
  std::string op;
  Json args{"{}"};
};
BOOST_DESCRIBE_STRUCT(BridgeRequest, (), (id, op, args))

struct BridgeAffinity {
  std::string node_id;
  bool soft = false;
  bool operator==(const BridgeAffinity&) const = default;
};
BOOST_DESCRIBE_STRUCT(BridgeAffinity, (), (node_id, soft))

struct BridgeGroupPlace {
  std::string name;
  int bundle = 0;
  bool operator==(const BridgeGroupPlace&) const = default;
};
BOOST_DESCRIBE_STRUCT(BridgeGroupPlace, (), (name, bundle))

struct BridgeStart {
  std::string id;
  std::vector<std::string> argv;
  std::map<std::string, std::string> environment;
  Resources resources;
  std::string labels;
  std::optional<BridgeAffinity> affinity;
  std::optional<BridgeGroupPlace> group;
  bool listen = true;
  bool join = false;
  bool shared = false;
  std::string log_dir;
};
BOOST_DESCRIBE_STRUCT(BridgeStart, (),
                      (id, argv, environment, resources, labels, affinity, group, listen, join, shared, log_dir))

struct BridgeObserved {
  std::string id, incarnation;
  std::uint64_t epoch = 0;
  std::string labels;
  std::string state;  // pending, running
  std::string node_id;
  std::string address;  // "tcp:10.0.0.2:41001"
  int pid = 0;
  double start_time_s = 0;
};
BOOST_DESCRIBE_STRUCT(BridgeObserved, (), (id, incarnation, epoch, labels, state, node_id, address, pid, start_time_s))

struct BridgeStop {
  std::string id;
  double grace_s = 20;
};
BOOST_DESCRIBE_STRUCT(BridgeStop, (), (id, grace_s))

struct BridgeCreateGroup {
  std::string name;
  std::vector<Amounts> bundles;
  std::string strategy = "PACK";
  std::vector<std::string> bundle_node_ids;  // by bundle; empty: anywhere
};
BOOST_DESCRIBE_STRUCT(BridgeCreateGroup, (), (name, bundles, strategy, bundle_node_ids))

struct BridgeWaitGroup {
  std::string name;
  double timeout_s = 30;
};
BOOST_DESCRIBE_STRUCT(BridgeWaitGroup, (), (name, timeout_s))

// Of remove_group, and of answers of which only the name matters.
struct BridgeName {
  std::string name;
};
BOOST_DESCRIBE_STRUCT(BridgeName, (), (name))

struct BridgeNode {
  std::string node_id, address;
  bool is_head = false;
  Resources total, available;
  std::map<std::string, std::string> labels;
  bool draining = false;
  double drain_deadline_s = 0;  // Unix time; 0: none
};
BOOST_DESCRIBE_STRUCT(BridgeNode, (), (node_id, address, is_head, total, available, labels, draining, drain_deadline_s))

struct BridgeReplicaEnded {
  std::string id, incarnation;
  int pid = 0;
  std::string node_id;
  int exit_code = -1;
  int signal = 0;
  std::string last_output, reason;
};
BOOST_DESCRIBE_STRUCT(BridgeReplicaEnded, (), (id, incarnation, pid, node_id, exit_code, signal, last_output, reason))

struct BridgeNodeChange {
  std::string node_id, address, reason;
};
BOOST_DESCRIBE_STRUCT(BridgeNodeChange, (), (node_id, address, reason))

struct BridgeGroupLost {
  std::string name, state;
};
BOOST_DESCRIBE_STRUCT(BridgeGroupLost, (), (name, state))

struct BridgeSuperseded {
  std::uint64_t latest_epoch = 0;
};
BOOST_DESCRIBE_STRUCT(BridgeSuperseded, (), (latest_epoch))

struct BridgeDemand {
  std::vector<Amounts> bundles;
};
BOOST_DESCRIBE_STRUCT(BridgeDemand, (), (bundles))

struct BridgeNoArguments {};
BOOST_DESCRIBE_STRUCT(BridgeNoArguments, (), ())

// What a replica is told to keep for us as its label: the next controller knows from it what the replica holds.
struct StartNote {
  std::string labels;                 // of the controller
  std::vector<spec::Bundle> bundles;  // by node; the first is its own
  std::string group;                  // placement group that it runs in; empty: none
};
BOOST_DESCRIBE_STRUCT(StartNote, (), (labels, bundles, group))

}  // namespace manta::runtime
