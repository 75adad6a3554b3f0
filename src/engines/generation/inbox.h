#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <vector>

#include "engines/engine.h"
#include "engines/generation/generation.h"

namespace manta::engines {

// What other threads ask of an engine's thread: requests and cancellations. Bounded by the number of requests that wait
// for a slot, here or in the engine.
class Inbox {
 public:
  explicit Inbox(std::size_t max_waiting) : max_waiting_(max_waiting) {}

  // Any thread. Gives the request its id. Overloaded when max_waiting requests wait, Unavailable after close().
  Result<LlmEngine::Id> submit(PendingGeneration pending);
  void cancel(LlmEngine::Id id);
  void close();

  struct Mail {
    std::vector<PendingGeneration> requests;
    std::vector<LlmEngine::Id> cancelled;
    bool closed = false;
  };
  // Engine thread. Takes what is there.
  Mail take();
  // Engine thread. Waits for something to take, at most until `deadline`.
  Mail wait(std::optional<std::chrono::steady_clock::time_point> deadline = std::nullopt);
  // Engine thread. `count` requests that were taken wait no longer.
  void left_queue(std::size_t count) { waiting_ -= count; }

  std::size_t waiting() const { return waiting_; }

 private:
  Mail take_locked();
  bool has_mail() const { return mail_.closed || !mail_.requests.empty() || !mail_.cancelled.empty(); }

  const std::size_t max_waiting_;
  std::atomic<std::size_t> waiting_ = 0;
  std::mutex mutex_;  // guards mail_ and next_id_
  std::condition_variable arrived_;
  Mail mail_;
  LlmEngine::Id next_id_ = 1;
};

}  // namespace manta::engines
