#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <manta/deployment.h>
#include <manta/detail/caller.h>

#include "api/batch_registry.h"
#include "api/strand.h"
#include "base/log.h"
#include "base/metrics.h"
#include "replica/compute.h"

namespace manta::api {

// What the free functions of the API (replica_context, compute, sleep, get_deployment_handle) and Batcher need of the
// replica they are called in. Owned by the replica's runtime; outlives the user's object.
struct ReplicaScope {
  ReplicaContext context;
  std::shared_ptr<Strand> strand;
  replica::Compute& compute;
  Metrics& metrics;
  Logger& logger;
  // Any thread; an empty application: the own one first, else the only one that has the deployment.
  std::function<std::shared_ptr<detail::Caller>(std::string application, std::string deployment)> caller;
  std::map<std::string, std::string> environment = {};  // of the process; context.config.env_vars go before it
  replica::Compute* aside = nullptr;  // for functions of the class that are not methods, beside its methods
  // Any thread: which models `owner`, one of the object's Multiplexed, has loaded; none: it is gone.
  std::function<void(const void* owner, std::vector<std::string> model_ids)> models = nullptr;
  std::shared_ptr<BatchRegistry> batchers = std::make_shared<BatchRegistry>();
  // For code of the replica that runs for no request, where replicas share a thread; it has no id.
  std::shared_ptr<RequestContext> nobody = nullptr;
};

// The replica whose code this thread runs; null outside one. That of the current request, where it has one; else the
// strand of a replica belongs to it for good, unless several share it, and a compute thread while it runs its code.
const ReplicaScope* current_replica();

class ScopedReplica {
 public:
  explicit ScopedReplica(const ReplicaScope* replica);
  ~ScopedReplica();
  ScopedReplica(const ScopedReplica&) = delete;
  ScopedReplica& operator=(const ScopedReplica&) = delete;

 private:
  const ReplicaScope* previous_;
};

// From now on this thread is the replica's strand.
void enter_replica(const ReplicaScope* replica);

// Throws Exception(InvalidArgument) on a strand, where `what` would stop everything else.
void refuse_to_block(std::string_view what);

}  // namespace manta::api
