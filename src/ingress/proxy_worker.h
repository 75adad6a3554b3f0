#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "base/log.h"
#include "base/loop.h"
#include "base/metrics.h"
#include "ingress/access_log.h"
#include "ingress/metrics_collector.h"
#include "ingress/metrics_door.h"
#include "ingress/proxy.h"
#include "ingress/proxy_runtime.h"
#include "ingress/refused_requests.h"
#include "ingress/traffic_reporter.h"
#include "net/channel.h"
#include "net/receive_budget.h"
#include "net/server.h"
#include "routing/dispatchers.h"
#include "routing/load_reporter.h"
#include "routing/queue_count.h"
#include "routing/subscription.h"

namespace manta::ingress {

// What the loops of one proxy process share; thread-safe, and outlives them. `access_log` may be null.
struct ProxyProcess {
  const Clock& clock;
  Metrics& metrics;
  Logger& logger;
  net::ReceiveBudget& budget;
  routing::QueueCounts& queue_counts;
  AccessLog* access_log = nullptr;
};

// One loop of the proxy with all that lives on it: the server of the public port, the proxy, the connections to
// replicas and the subscription to the controller.
class ProxyWorker {
 public:
  // Takes `listen_fd`.
  ProxyWorker(const ProxyOptions& options, const ProxyProcess& process, int listen_fd, std::uint64_t seed);
  ProxyWorker(const ProxyWorker&) = delete;
  ProxyWorker& operator=(const ProxyWorker&) = delete;

  void serve_metrics(int fd) { metrics_door_.listen(fd); }  // takes it; before run()
  void run() { loop_.run(); }                               // until drained or stopped
  // Any thread: finish what is open, at most for `limit`.
  void drain(Duration limit);
  void stop() { loop_.stop(); }  // any thread
  Loop& loop() { return loop_; }

 private:
  std::unique_ptr<net::Channel> connect(const std::string& address);
  void open_door();

  int listen_fd_;  // until the routes are known
  net::PeerSecurityPtr security_;
  net::ReceiveBudget& budget_;
  Loop loop_;
  routing::Dispatchers dispatchers_;
  MetricsCollector collector_;
  Proxy proxy_;
  RefusedRequests refused_;
  routing::LoadReporter load_reporter_;
  TrafficReporter traffic_reporter_;
  routing::Subscription subscription_;
  net::Server server_;
  MetricsDoor metrics_door_;
};

}  // namespace manta::ingress
