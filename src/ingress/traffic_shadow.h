#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include <manta/task.h>
#include <manta/traffic_config.h>

#include "base/loop.h"
#include "base/metrics.h"
#include "base/task_scope.h"
#include "routing/dispatcher.h"

namespace manta::ingress {

// Sends copies of requests whose answers nobody reads. Copies share the body with the request, have ends of their own
// and are dropped, and counted, beyond the limits of the rule: no request of a client waits for one. Loop-confined.
class ShadowTraffic {
 public:
  // Those to one deployment.
  struct Lane {
    int in_flight = 0;
    CounterMetric answered, failed, dropped;
  };

  ShadowTraffic(Loop& loop, Metrics& metrics) : loop_(loop), metrics_(metrics), copies_(loop) {}

  // The same as long as this lives.
  Lane& lane(const std::string& application, const std::string& deployment);

  // `original` is about to be sent; what is sent has its headers, body and context, a mark and the deadline of the
  // rule. Nothing is sent when there are enough. `target` and `lane` outlive this.
  void send(const TrafficShadow& rule, Lane& lane, routing::Dispatcher& target, const routing::Outbound& original);
  std::size_t in_flight() const { return copies_.size(); }

 private:
  static Task<void> run(Lane* lane, routing::Dispatcher* target, routing::Outbound copy);

  Loop& loop_;
  Metrics& metrics_;
  std::map<std::pair<std::string, std::string>, std::unique_ptr<Lane>> lanes_;
  TaskScope copies_;
};

}  // namespace manta::ingress
