#pragma once

#include <atomic>
#include <cstddef>

namespace manta::net {

// How many bytes of bodies a process may hold for requests not yet handed over or answered. Shared by all servers and
// channels of a process; thread-safe.
class ReceiveBudget {
 public:
  explicit ReceiveBudget(std::size_t limit = std::size_t{256} << 20) : limit_(limit) {}
  bool take(std::size_t bytes) {
    if (used_.fetch_add(bytes, std::memory_order_relaxed) + bytes <= limit_) return true;
    used_.fetch_sub(bytes, std::memory_order_relaxed);
    return false;
  }
  void give(std::size_t bytes) { used_.fetch_sub(bytes, std::memory_order_relaxed); }
  std::size_t used() const { return used_.load(std::memory_order_relaxed); }

 private:
  std::size_t limit_;
  std::atomic<std::size_t> used_ = 0;
};

}  // namespace manta::net
