#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "routing/queue_watch.h"
#include "routing/rate_limits.h"

namespace manta::routing {

// What the loops of a process share of one deployment: how many requests wait for it and how large their bodies are,
// and the limits of its rate. Thread-safe.
class QueueCount {
 public:
  explicit QueueCount(std::shared_ptr<QueueWatch> watch = nullptr) : watch_(std::move(watch)) {}

  // Counts one more unless `limit` (negative: none) have been reached.
  bool try_enter(std::int64_t limit) {
    std::int64_t count = count_.load(std::memory_order_relaxed);
    do {
      if (limit >= 0 && count >= limit) return false;
    } while (!count_.compare_exchange_weak(count, count + 1, std::memory_order_relaxed));
    tell();
    return true;
  }
  void leave() {
    count_.fetch_sub(1, std::memory_order_relaxed);
    tell();
  }
  std::int64_t value() const { return count_.load(std::memory_order_relaxed); }

  // Counts `bytes` more unless that were more than `limit` (0: none) together.
  bool try_enter_bytes(std::int64_t bytes, std::int64_t limit) {
    std::int64_t sum = bytes_.load(std::memory_order_relaxed);
    do {
      if (limit > 0 && sum + bytes > limit) return false;
    } while (!bytes_.compare_exchange_weak(sum, sum + bytes, std::memory_order_relaxed));
    return true;
  }
  void leave_bytes(std::int64_t bytes) { bytes_.fetch_sub(bytes, std::memory_order_relaxed); }
  std::int64_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

  RateLimits& rates() { return rates_; }

  // Whether changes of value() are told to the watch.
  void set_watched(bool watched) { watched_.store(watched, std::memory_order_relaxed); }

 private:
  void tell() {
    if (watched_.load(std::memory_order_relaxed) && watch_) watch_->changed();
  }

  const std::shared_ptr<QueueWatch> watch_;
  std::atomic<bool> watched_ = false;
  std::atomic<std::int64_t> count_ = 0;
  std::atomic<std::int64_t> bytes_ = 0;
  RateLimits rates_;
};

// The counts of a process, by deployment. Made once per process and given to each loop's Dispatchers. Those that nobody
// holds any more leave now and then. Thread-safe.
class QueueCounts {
 public:
  std::shared_ptr<QueueCount> of(const std::string& application, const std::string& deployment) {
    const std::lock_guard lock(mutex_);
    if (counts_.size() >= sweep_at_) sweep();
    auto& count = counts_[{application, deployment}];
    if (!count) count = std::make_shared<QueueCount>(watch_);
    return count;
  }
  const std::shared_ptr<QueueWatch>& watch() const { return watch_; }

 private:
  void sweep() {
    std::erase_if(counts_, [](const auto& known) { return known.second.use_count() == 1; });
    sweep_at_ = 2 * counts_.size() + 16;
  }

  const std::shared_ptr<QueueWatch> watch_ = std::make_shared<QueueWatch>();
  std::mutex mutex_;  // guards the rest
  std::map<std::pair<std::string, std::string>, std::shared_ptr<QueueCount>> counts_;
  std::size_t sweep_at_ = 16;
};

}  // namespace manta::routing
