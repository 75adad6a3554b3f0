#include "base/loop_latency.h"

#include <utility>

namespace manta {
namespace {

// Ray Serve tells several loops of a process apart by it; ours have one each.
Labels of_main_loop(Labels labels) {
  labels["loop_type"] = "main";
  return labels;
}

}  // namespace

LoopLatency::LoopLatency(Loop& loop, Metrics& metrics, Labels labels)
    : loop_(loop),
      latency_ms_(metrics.histogram("event_loop_scheduling_latency_ms",
                                    "How long what is ready waits for the event loop, by a sample each second.",
                                    of_main_loop(std::move(labels)))) {
  wait();
}

void LoopLatency::wait() {
  const TimePoint due = loop_.now() + kEvery;
  next_ = loop_.at(due, [this, due] {
    latency_ms_.observe(std::chrono::duration<double, std::milli>(loop_.now() - due).count());
    wait();
  });
}

}  // namespace manta
