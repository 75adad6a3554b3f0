#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace manta::routing {

// How many requests of this process wait for one deployment, over all its loops. Thread-safe.
class QueueCount {
 public:
  // Counts one more unless `limit` (negative: none) have been reached.
  bool try_enter(std::int64_t limit) {
    std::int64_t count = count_.load(std::memory_order_relaxed);
    do {
      if (limit >= 0 && count >= limit) return false;
    } while (!count_.compare_exchange_weak(count, count + 1, std::memory_order_relaxed));
    return true;
  }
  void leave() { count_.fetch_sub(1, std::memory_order_relaxed); }
  std::int64_t value() const { return count_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> count_ = 0;
};

// The counts of a process, by deployment. Made once per process and given to each loop's Dispatchers. Thread-safe.
class QueueCounts {
 public:
  std::shared_ptr<QueueCount> of(const std::string& application, const std::string& deployment) {
    const std::lock_guard lock(mutex_);
    auto& count = counts_[{application, deployment}];
    if (!count) count = std::make_shared<QueueCount>();
    return count;
  }

 private:
  std::mutex mutex_;  // guards counts_
  std::map<std::pair<std::string, std::string>, std::shared_ptr<QueueCount>> counts_;
};

}  // namespace manta::routing
