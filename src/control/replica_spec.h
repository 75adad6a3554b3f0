#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <boost/describe/class.hpp>

#include <manta/config.h>

#include "spec/reservation.h"

namespace manta::control {

// What a replica process is told about itself, as JSON in this variable of its environment: arguments can be seen by
// every user of the machine, an environment only by its owner. argv repeats application, deployment and id for `ps`.
inline constexpr const char* kReplicaSpecVariable = "MANTA_REPLICA_SPEC";

// A replica of another deployment in the same process (`placement: together`).
struct MemberSpec {
  std::string deployment, id, fingerprint;
  std::vector<std::string> children;  // the other members that it has handles to: they start before it
  DeploymentConfig config;
};
BOOST_DESCRIBE_STRUCT(MemberSpec, (), (deployment, id, fingerprint, children, config))

struct ReplicaSpec {
  std::string application, deployment, id;
  std::string version;
  std::string node_id;
  std::string artifact_kind;    // library, executable, builtin
  std::string artifact;         // path of the copy
  std::string artifact_sha256;  // of its content; empty for a builtin
  std::string function;         // of a library; name of a builtin
  int graph_index = 0;          // which application of the build
  std::string args = "{}";      // JSON given to build()
  std::string fingerprint;      // the node must build with this one
  DeploymentConfig config;
  std::string controller_address;  // where it subscribes: "unix:/path", "10.0.0.1:8267"
  int rank = 0;                    // and the rest: see ReplicaContext
  int world_size = 1;
  int node_rank = 0, local_rank = 0;
  std::string gang_id;
  std::uint64_t gang_epoch = 0;
  std::vector<MemberSpec> members;    // replicas in the process besides this one; callees before callers
  std::vector<std::string> children;  // those of the members that this one has handles to
};
BOOST_DESCRIBE_STRUCT(ReplicaSpec, (),
                      (application, deployment, id, version, node_id, artifact_kind, artifact, artifact_sha256,
                       function, graph_index, args, fingerprint, config, controller_address, rank, world_size,
                       node_rank, local_rank, gang_id, gang_epoch, members, children))

// What the controller needs to know again about a replica that outlived it.
struct ReplicaLabels {
  std::string application, deployment, version;
  Resources resources;
  std::vector<int> gpus;
  std::vector<spec::Bundle> bundles;
  int rank = 0;
  int world_size = 1;
  int node_rank = 0, local_rank = 0;
  std::string gang_id;
  std::uint64_t gang_epoch = 0;
  std::vector<std::string> members;  // ids of the replicas in the process besides this one
};
BOOST_DESCRIBE_STRUCT(ReplicaLabels, (),
                      (application, deployment, version, resources, gpus, bundles, rank, world_size, node_rank,
                       local_rank, gang_id, gang_epoch, members))

}  // namespace manta::control
