#pragma once

#include <atomic>
#include <functional>
#include <thread>

namespace manta::ingress {

// Waits for SIGTERM and SIGINT on a thread of its own and calls `on_signal` there, once per signal. Made before any
// other thread of the process, which inherit that both are blocked.
class TerminationSignals {
 public:
  explicit TerminationSignals(std::function<void()> on_signal);
  ~TerminationSignals();
  TerminationSignals(const TerminationSignals&) = delete;
  TerminationSignals& operator=(const TerminationSignals&) = delete;

 private:
  void wait();

  std::function<void()> on_signal_;
  std::atomic<bool> stopping_ = false;
  std::thread waiter_;
};

}  // namespace manta::ingress
