#pragma once

#include <functional>
#include <memory>

#include "base/log.h"
#include "base/loop.h"
#include "net/channel.h"
#include "routing/queue_count.h"
#include "spec/replica_set.h"

namespace manta::routing {

struct LoadReporterOptions {
  Duration pause = std::chrono::milliseconds(50);  // shortest time between two reports
  Duration timeout = std::chrono::seconds(5);      // of one report
  Duration max_back_off = std::chrono::seconds(1);
};

// Tells the controller how many requests of this process wait for each deployment whose number of replicas follows the
// load: the first at once, then changes at most every `pause`, and again in the interval that the deployment asks for
// while any wait. Of several on the same QueueCounts the first one reports. Loop-confined.
class LoadReporter {
 public:
  using Connect = std::function<std::unique_ptr<net::Channel>()>;  // to the controller; null: not now

  // `counts` outlives it.
  LoadReporter(Loop& loop, Logger& logger, QueueCounts& counts, Connect connect, LoadReporterOptions options = {});
  ~LoadReporter();
  LoadReporter(const LoadReporter&) = delete;
  LoadReporter& operator=(const LoadReporter&) = delete;

  // Which deployments to report.
  void update(const spec::RoutingSnapshot& snapshot);

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace manta::routing
