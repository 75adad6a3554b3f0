#pragma once

#include <functional>
#include <memory>
#include <vector>

#include <manta/task.h>

#include "base/loop.h"
#include "base/task_scope.h"
#include "ingress/traffic_counts.h"
#include "net/channel.h"
#include "spec/traffic_report.h"

namespace manta::ingress {

struct TrafficReporterOptions {
  Duration period = std::chrono::milliseconds(500);
  Duration timeout = std::chrono::seconds(5);  // of one report
};

// Tells the controller how the targets of splits answer: at most once a period, what has been counted since the last
// report that arrived. Loop-confined. Does nothing while there are no splits.
class TrafficReporter {
 public:
  using Connect = std::function<std::unique_ptr<net::Channel>()>;  // to the controller; null: not now

  TrafficReporter(Loop& loop, Connect connect, TrafficReporterOptions options = {});
  ~TrafficReporter();
  TrafficReporter(const TrafficReporter&) = delete;
  TrafficReporter& operator=(const TrafficReporter&) = delete;

  // From now on; what others have counted and not reported is dropped.
  void follow(std::vector<std::shared_ptr<TrafficCounts>> counts);

 private:
  void arm();
  void report();
  Task<void> deliver(spec::TrafficReport report);
  void put_back(const spec::TrafficReport& report);

  Loop& loop_;
  Connect connect_;
  const TrafficReporterOptions options_;
  std::vector<std::shared_ptr<TrafficCounts>> counts_;
  std::unique_ptr<net::Channel> channel_;
  TimerId timer_ = 0;
  bool sending_ = false;
  TaskScope tasks_;
};

}  // namespace manta::ingress
