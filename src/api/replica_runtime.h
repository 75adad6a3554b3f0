#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include <manta/config.h>
#include <manta/detail/node.h>

#include "api/graph.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/metrics.h"
#include "net/exchange.h"
#include "net/peer_security.h"
#include "routing/queue_count.h"
#include "routing/router.h"
#include "spec/replica_set.h"
#include "spec/replica_state.h"

namespace manta::api {

// What one replica is.
struct ReplicaIdentity {
  std::string application, deployment, id, node_id;
  std::string version;      // of artifact, arguments and configuration
  std::string fingerprint;  // the node must build with this one; empty: not compared
  DeploymentConfig config;
  int rank = 0;  // and the rest: see ReplicaContext
  int world_size = 1;
  int node_rank = 0, local_rank = 0;
  std::string gang_id = {};
  std::uint64_t gang_epoch = 0;
};

struct ReplicaRuntimeOptions {
  ReplicaIdentity identity;
  // The application: called once, on a compute thread. Its error, or one of the constructor, is the replica's start
  // failure.
  std::function<Result<Graph>()> graph;
  std::shared_ptr<const detail::Node> fake;             // constructed in place of the deployment's own node; null: none
  std::string controller_address;                       // for the replica sets of handles; empty: they come by update()
  routing::ConnectReplica connect;                      // how handles reach replicas; null: by the address
  std::map<std::string, std::string> environment = {};  // of this process
  net::PeerSecurityPtr security = {};                   // of connections over TCP, both ways
  bool shares_loop = false;                             // with other replicas of its application, or a proxy
  routing::QueueCounts* queue_counts = nullptr;         // of the process, outlives it; null: it has its own
};

// One replica in this process: the user's object behind its server, and the routing of its handles. Confined to the
// loop, which the owner runs on one thread; that thread is the replica's strand, and that of its neighbours. Life:
// start -> (drain) -> destroyed, on the loop's thread or after it ended; callers before callees.
class ReplicaRuntime {
 public:
  ReplicaRuntime(Loop& loop, Metrics& metrics, Logger& logger, ReplicaRuntimeOptions options);
  ~ReplicaRuntime();

  void start();  // on the loop
  // Calls of this one to the deployment of `neighbour`, of the same loop, stay in the process. Before start().
  void add_neighbour(ReplicaRuntime& neighbour);
  // Connections made to this one reach `neighbour` too, by the name of its deployment. That outlives this.
  void share_socket(ReplicaRuntime& neighbour);
  // What handles of this replica call with.
  std::shared_ptr<detail::Caller> caller_of(const std::string& application, const std::string& deployment);
  void listen(int fd);  // takes a listening descriptor
  void accept(int fd);  // takes a connected descriptor
  // See ReplicaServer.
  void handle(net::ExchangePtr exchange, std::shared_ptr<RequestContext> context);
  void update(const spec::RoutingSnapshot& snapshot);
  spec::ReplicaState state() const;
  void on_state(std::function<void(const spec::ReplicaState&)> callback);
  // Refuses new requests, finishes or cancels the running ones within graceful_shutdown_timeout_s, destroys the object,
  // calls `done`.
  void drain(std::move_only_function<void()> done);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace manta::api
