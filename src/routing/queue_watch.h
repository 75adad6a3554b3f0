#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <utility>

namespace manta::routing {

// Tells one listener that queues of this process have changed: once, until rearm(). Thread-safe.
class QueueWatch {
 public:
  // Replaces the listener; null: nobody. It is called on the thread of the change and must not call back.
  void listen(std::function<void()> on_change) {
    const std::lock_guard lock(mutex_);
    on_change_ = std::move(on_change);
    told_ = false;
  }
  // Before looking at the queues: what changes from then on is told.
  void rearm() { told_ = false; }
  void changed() {
    if (told_.exchange(true)) return;
    const std::lock_guard lock(mutex_);
    if (on_change_) on_change_();
  }
  // True for the first who asks: the one to listen.
  bool claim() { return !claimed_.exchange(true); }
  void give_up() {
    listen(nullptr);
    claimed_ = false;
  }

 private:
  std::atomic<bool> told_ = false, claimed_ = false;
  std::mutex mutex_;  // guards on_change_
  std::function<void()> on_change_;
};

}  // namespace manta::routing
