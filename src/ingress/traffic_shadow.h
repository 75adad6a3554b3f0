#pragma once

#include <atomic>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include <manta/task.h>
#include <manta/traffic_config.h>

#include "base/loop.h"
#include "base/metrics.h"
#include "base/task_scope.h"
#include "routing/dispatcher.h"

namespace manta::ingress {

// How many copies a process has under way, by deployment: `max_in_flight` bounds those of all its loops. Thread-safe.
class ShadowCounts {
 public:
  std::shared_ptr<std::atomic<int>> of(const std::string& application, const std::string& deployment) {
    const std::lock_guard lock(mutex_);
    auto& count = counts_[{application, deployment}];
    if (!count) count = std::make_shared<std::atomic<int>>(0);
    return count;
  }

 private:
  std::mutex mutex_;  // guards counts_
  std::map<std::pair<std::string, std::string>, std::shared_ptr<std::atomic<int>>> counts_;
};

// Sends copies of requests whose answers nobody reads. Copies share the body with the request, have ends of their own
// and are dropped, and counted, beyond the limits of the rule: no request of a client waits for one. Loop-confined.
class ShadowTraffic {
 public:
  // Those to one deployment.
  struct Lane {
    std::shared_ptr<std::atomic<int>> in_flight;  // of the process
    CounterMetric answered, failed, dropped;
  };

  // `counts` outlives it, as the others do.
  ShadowTraffic(Loop& loop, Metrics& metrics, ShadowCounts& counts)
      : loop_(loop), metrics_(metrics), counts_(counts), copies_(loop) {}

  // The same as long as this lives.
  Lane& lane(const std::string& application, const std::string& deployment);

  // `original` is about to be sent; what is sent has its headers, body and context, a mark and the deadline of the
  // rule. Nothing is sent when there are enough. `lane` outlives this.
  void send(const TrafficShadow& rule, Lane& lane, std::shared_ptr<routing::Dispatcher> target,
            const routing::Outbound& original);
  std::size_t in_flight() const { return copies_.size(); }

 private:
  class Place;
  static Task<void> run(Place place, Lane* lane, std::shared_ptr<routing::Dispatcher> target, routing::Outbound copy);

  Loop& loop_;
  Metrics& metrics_;
  ShadowCounts& counts_;
  std::map<std::pair<std::string, std::string>, std::unique_ptr<Lane>> lanes_;
  TaskScope copies_;
};

}  // namespace manta::ingress
