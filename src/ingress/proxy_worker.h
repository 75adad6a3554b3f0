#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "base/log.h"
#include "base/loop.h"
#include "base/loop_latency.h"
#include "base/metrics.h"
#include "ingress/access_log.h"
#include "ingress/metrics_collector.h"
#include "ingress/proxy.h"
#include "ingress/proxy_runtime.h"
#include "ingress/refused_requests.h"
#include "ingress/roll_call.h"
#include "ingress/routing_view.h"
#include "ingress/traffic_reporter.h"
#include "ingress/traffic_shadow.h"
#include "net/body_buffers.h"
#include "net/channel.h"
#include "net/receive_budget.h"
#include "net/server.h"
#include "routing/dispatchers.h"
#include "routing/queue_count.h"

namespace manta::ingress {

// What the loops of one proxy process share; thread-safe, and outlives them. `access_log` may be null.
struct ProxyProcess {
  const Clock& clock;
  Metrics& metrics;
  Logger& logger;
  net::ReceiveBudget& budget;
  routing::QueueCounts& queue_counts;
  ShadowCounts& shadow_counts;
  AccessLog* access_log = nullptr;
};

// One loop of the proxy with all that a request needs: its connections to clients and to replicas, the routers, the
// proxy itself. Nothing of it is shared with other loops but ProxyProcess. Confined to its loop once that runs.
class ProxyWorker {
 public:
  // `roll_call` outlives it; null: it is the only one. `thread`: which of them it is.
  ProxyWorker(const ProxyOptions& options, const ProxyProcess& process, const RollCall* roll_call, std::uint64_t seed,
              int thread);
  ProxyWorker(const ProxyWorker&) = delete;
  ProxyWorker& operator=(const ProxyWorker&) = delete;

  Loop& loop() { return loop_; }
  MetricsCollector& collector() { return collector_; }
  std::unique_ptr<net::Channel> connect(const std::string& address);

  void update(const RoutingView& view);
  void accept(int fd) { server_.accept(fd); }  // takes a connected descriptor
  void on_connection_end(std::function<void()> callback);
  // Finishes what is open; `done` is called when nothing is. No connection is given to it any more.
  void drain(std::move_only_function<void()> done);

 private:
  Loop loop_;
  net::PeerSecurityPtr security_;
  net::ReceiveBudget& budget_;
  routing::Dispatchers dispatchers_;
  std::shared_ptr<net::BodyBuffers> bodies_;
  MetricsCollector collector_;
  Proxy proxy_;
  RefusedRequests refused_;
  TrafficReporter traffic_reporter_;
  LoopLatency latency_;
  net::Server server_;
};

}  // namespace manta::ingress
