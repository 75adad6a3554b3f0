#pragma once

#include <functional>
#include <memory>
#include <string>

#include <manta/config.h>
#include <manta/detail/request_context.h>

#include "base/clock.h"
#include "net/server.h"
#include "replica/compute.h"
#include "replica/servable.h"

namespace manta::replica {

// Makes the user's object. Runs once, on a compute thread; throws or returns an error when it cannot.
using MakeServable = std::move_only_function<Result<std::unique_ptr<Servable>>()>;

struct ReplicaOptions {
  std::string application, deployment, id;
  DeploymentConfig config;  // limits, timeouts, warm-up calls, user_config
  net::ServerOptions server{.internal = true, .check_peer_uid = true};
  Duration grant_life = std::chrono::milliseconds(10);
  Duration keep_alive = std::chrono::seconds(15);         // of a silent event stream: a comment
  Duration load_report = std::chrono::milliseconds(500);  // shortest pause between load items of a stream
  std::size_t stream_buffer = 32 << 10;                   // bytes written ahead of a stream's reader
  // Where health checks and where_am_i run, so that they wait for no request; outlives the replica. Null: among them.
  Compute* aside = nullptr;
  // The request of code that runs for none (on_start(), ...), where the loop has several replicas; null: none is
  // needed.
  std::shared_ptr<RequestContext> nobody = nullptr;
};

}  // namespace manta::replica
