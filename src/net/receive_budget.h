#pragma once

#include <atomic>
#include <cstddef>

namespace manta::net {

// How many bytes of bodies a process may hold for requests not yet handed over or answered. Servers take it as bytes
// arrive, never for what is only announced. Shared by all servers and channels of a process; thread-safe.
class ReceiveBudget {
 public:
  explicit ReceiveBudget(std::size_t limit = std::size_t{256} << 20) : limit_(limit) {}
  bool take(std::size_t bytes) { return take_below(limit_, bytes); }
  // For what is good to have but can wait: takes of the first half only, so that the other is left for take().
  bool take_spare(std::size_t bytes) { return take_below(limit_ / 2, bytes); }
  // Whether so much is free now; nothing is taken.
  bool has_room(std::size_t bytes) const { return used() <= limit_ && bytes <= limit_ - used(); }
  void give(std::size_t bytes) { used_.fetch_sub(bytes, std::memory_order_relaxed); }
  std::size_t used() const { return used_.load(std::memory_order_relaxed); }

 private:
  bool take_below(std::size_t limit, std::size_t bytes) {
    if (used_.fetch_add(bytes, std::memory_order_relaxed) + bytes <= limit) return true;
    used_.fetch_sub(bytes, std::memory_order_relaxed);
    return false;
  }

  std::size_t limit_;
  std::atomic<std::size_t> used_ = 0;
};

}  // namespace manta::net
