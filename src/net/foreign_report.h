#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <string_view>
#include <utility>

#include "base/clock.h"

namespace manta::net {

// Counts connections that did not prove themselves, and tells of them now and then: whoever makes many of them does not
// fill the log. Any thread.
class ForeignReport {
 public:
  using Tell = std::function<void(std::string_view latest, std::uint64_t count)>;
  static constexpr Duration kInterval = std::chrono::seconds(10);

  explicit ForeignReport(Tell tell) : tell_(std::move(tell)) {}

  void add(std::string_view what, TimePoint now) {
    std::uint64_t count = 0;
    {
      const std::scoped_lock lock(mutex_);
      ++total_;
      ++untold_;
      if (now < next_) return;
      next_ = now + kInterval;
      count = std::exchange(untold_, 0);
    }
    if (tell_) tell_(what, count);
  }
  std::uint64_t total() const {
    const std::scoped_lock lock(mutex_);
    return total_;
  }

 private:
  const Tell tell_;
  mutable std::mutex mutex_;  // guards what follows
  std::uint64_t total_ = 0;
  std::uint64_t untold_ = 0;
  TimePoint next_{};
};

}  // namespace manta::net
