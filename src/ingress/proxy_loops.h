#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "base/loop.h"
#include "ingress/metrics_door.h"
#include "ingress/proxy_door.h"
#include "ingress/proxy_runtime.h"
#include "ingress/proxy_worker.h"
#include "ingress/roll_call.h"
#include "ingress/routing_view.h"
#include "routing/load_reporter.h"
#include "routing/subscription.h"

namespace manta::ingress {

// All of a proxy: one complete ProxyWorker for each loop, and on the first loop what there is once. That is the public
// port, whose connections it spreads over the loops; the subscription to the controller, whose snapshots all loops
// share; the reports of how many requests wait; and the port for scrapes.
class ProxyLoops {
 public:
  // Takes the descriptors of `options`.
  ProxyLoops(const ProxyOptions& options, const ProxyProcess& process);
  ~ProxyLoops();
  ProxyLoops(const ProxyLoops&) = delete;
  ProxyLoops& operator=(const ProxyLoops&) = delete;

  Loop& first() { return workers_.front()->loop(); }
  // Until drained or stopped: the first loop here, the others on threads of their own.
  void run();
  // Any thread: takes no new connection and finishes what is open, at most for `limit`.
  void drain(Duration limit);
  void stop();  // any thread

 private:
  std::vector<ProxyDoor::Taker> takers();
  void publish(const std::shared_ptr<const spec::RoutingSnapshot>& snapshot);
  void configure_logs(const LoggingConfig& config);
  void open_door();
  void on_drained();

  const ProxyProcess process_;
  const std::string root_path_;
  int listen_fd_;  // until the routes are known
  RollCall roll_call_;
  std::vector<std::unique_ptr<ProxyWorker>> workers_;  // one of each loop
  std::atomic<std::size_t> undrained_;                 // of them
  RoutingView view_;
  ProxyDoor door_;
  routing::LoadReporter load_reporter_;
  routing::Subscription subscription_;
  MetricsDoor metrics_door_;
};

}  // namespace manta::ingress
