#pragma once

#include <functional>
#include <memory>
#include <string>

#include <manta/detail/request_context.h>

#include "base/loop.h"
#include "base/metrics.h"
#include "net/exchange.h"
#include "net/peer_security.h"
#include "routing/queue_count.h"
#include "spec/replica_set.h"

namespace manta::ingress {

// Where a proxy runs a deployment of its own; all of it outlives that.
struct HostingPlace {
  Loop& loop;
  Metrics& metrics;
  routing::QueueCounts& queue_counts;  // of the process, whose load is reported already
  std::string node_id;
  int thread = 0;  // which of the proxy's loops
  net::PeerSecurityPtr security = {};
};

// One object of a deployment that runs in the proxy (DeploymentConfig::in_proxy): on the loop of a proxy, which gives
// it requests as they would reach a replica, and replica sets for its handles. Life: Starting -> Running or Failed;
// then drained, or just destroyed. Loop-confined.
class HostedDeployment {
 public:
  enum class State { Starting, Running, Failed };

  virtual ~HostedDeployment() = default;
  virtual State state() const = 0;
  virtual std::string message() const = 0;  // Failed: why
  virtual void update(const std::shared_ptr<const spec::RoutingSnapshot>& snapshot) = 0;
  // A call in the form of the internal protocol, as its answer is to be, but for the headers that tell of its
  // `context`. While it runs.
  virtual void handle(net::ExchangePtr exchange, std::shared_ptr<RequestContext> context) = 0;
  // Takes no further request, finishes those it has within the time that its configuration gives them, calls `done`.
  virtual void drain(std::move_only_function<void()> done) = 0;
};

// Makes one of what `set.hosted` defines, and starts it; `on_change` is called when its state has changed.
using StartHosted =
    std::function<std::unique_ptr<HostedDeployment>(const spec::ReplicaSet& set, std::function<void()> on_change)>;

}  // namespace manta::ingress
