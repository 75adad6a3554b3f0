#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <boost/describe/class.hpp>

#include <manta/config.h>
#include <manta/detail/methods.h>
#include <manta/detail/msgpack.h>
#include <manta/detail/request_context.h>
#include <manta/detail/writer.h>
#include <manta/error.h>
#include <manta/http.h>
#include <manta/task.h>

namespace manta {

// What a replica says of itself; the answer of the method `where_am_i` that every deployment has.
struct WhereAmI {
  std::string node_id;
  std::string application, deployment, replica;
  std::int64_t pid = 0;
  std::int64_t free_memory_bytes = 0;     // of the node
  std::optional<double> gpu_utilization;  // 0..1, mean over the GPUs of the node; null without a GPU
  std::optional<std::int64_t> gpu_memory_used_bytes;
  std::string model_version;       // what model_version() of the class returns; else empty
  double load_time_s = 0;          // how long the constructor took
  std::string configuration_hash;  // equal for replicas of the same class, arguments and configuration
};
BOOST_DESCRIBE_STRUCT(WhereAmI, (),
                      (node_id, application, deployment, replica, pid, free_memory_bytes, gpu_utilization,
                       gpu_memory_used_bytes, model_version, load_time_s, configuration_hash))

// Which replica this code runs in.
struct ReplicaContext {
  std::string application, deployment, replica;  // "rag", "Embed", "rag#Embed#k3v9x2"
  std::string node_id;
  DeploymentConfig config;
  // Its place among the replicas of the deployment, from 0: the lowest that was free when it started, so that a
  // replacement takes the place of the one it replaces. In a gang: among its members.
  int rank = 0;
  int world_size = 1;            // replicas wanted when it started; in a gang: gang_size
  int node_rank = 0;             // of its node among those that have replicas of the deployment
  int local_rank = 0;            // among the replicas of the deployment on its node
  std::string gang_id;           // "rag#Llm#gang-0"; empty: in no gang
  std::uint64_t gang_epoch = 0;  // rises at each restart of the gang: members of an older one are dead or about to be
};

// In methods and constructors. Throws Exception(InvalidArgument) outside a replica.
const ReplicaContext& replica_context();

// The request this code works for: id, deadline, session, model, priority, route. An empty one outside a request.
const RequestContext& request_context();

// co_await: resumes after `duration`, on the strand.
Task<void> sleep(std::chrono::nanoseconds duration);

}  // namespace manta
