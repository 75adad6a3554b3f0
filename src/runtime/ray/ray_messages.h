#pragma once

#include <map>
#include <optional>
#include <string>

#include <manta/error.h>

#include "runtime/backend.h"
#include "runtime/ray/bridge_messages.h"
#include "runtime/ray/ray_roles.h"

namespace manta::runtime {

// How every replica of an instance is executed, whatever node it is on.
struct ReplicaLaunch {
  std::string program;                             // Manta's own binary: an absolute path, the same on all nodes
  std::map<std::string, std::string> environment;  // that a replica's own cannot change: the cluster's token
  std::string log_dir;                             // on the node, for what it writes; empty: only Ray's own log
  bool share_supervisors = false;                  // one for all replicas of a node that need no GPU and no group
};

// What the instance tells a bridge first, as JSON.
struct HelloFacts {
  std::string manta;          // version
  std::string address;        // of the cluster's head: "10.0.0.1:6379"
  std::string ray_namespace;  // instances of different names on one cluster do not see each other
  std::string node_ip;        // of this machine as Ray knows it; empty: Ray finds it
  std::uint64_t epoch = 0;    // of this controller
};
Result<std::string> hello_text(const HelloFacts& facts);

// The bridge's error as one of ours: message and remedy in one text, its reason as detail.
Error error_of(const BridgeError& error);

// Its bundles; the one that its resources are when it has none.
std::vector<spec::Bundle> bundles_of(const ReplicaProcess& process);
// Whether it must be started within a placement group: it holds several bundles, or is in a gang.
bool needs_group(const ReplicaProcess& process);
// By Ray's names; never empty, as Ray takes no empty bundle.
Amounts bundle_amounts(const Resources& resources);
// What a placement group's resources are not: conditions on nodes, which the controller has decided.
Resources amounts_only(Resources resources);

BridgeStart start_message(const ReplicaProcess& process, const ReplicaLaunch& launch,
                          const std::optional<BridgeGroupPlace>& group);
// The note of a replica that was started by start_message(); of any other one its labels alone.
StartNote note_of(const BridgeObserved& observed);
ObservedReplica replica_of(const BridgeObserved& observed);
ReplicaExit exit_of(const BridgeReplicaEnded& ended);
// "tcp:10.0.0.2:41001" is "10.0.0.2:41001" for us.
std::string plain_address(const std::string& address);

}  // namespace manta::runtime
