#pragma once

#include <chrono>

#include "base/loop.h"
#include "base/metrics.h"

namespace manta {

// Measures how long what becomes ready on a loop has to wait for it: once every kEvery by how late a timer of its own
// runs, so that it costs the same whatever the load. Loop-confined; `loop` and `metrics` outlive it.
class LoopLatency {
 public:
  static constexpr Duration kEvery = std::chrono::seconds(1);

  // `labels` say whose loop it is: component (proxy, replica, controller), and what else tells it from others.
  LoopLatency(Loop& loop, Metrics& metrics, Labels labels);
  ~LoopLatency() { loop_.cancel(next_); }
  LoopLatency(const LoopLatency&) = delete;
  LoopLatency& operator=(const LoopLatency&) = delete;

 private:
  void wait();

  Loop& loop_;
  HistogramMetric latency_ms_;
  TimerId next_ = 0;
};

}  // namespace manta
