#pragma once

#include <chrono>

namespace manta {

using Duration = std::chrono::nanoseconds;
using TimePoint = std::chrono::steady_clock::time_point;

// Where time comes from. The system's, or a test's that moves only when told.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimePoint now() const = 0;
  // True when time passes by itself, so that a loop must arm a real timer to wake at a deadline.
  virtual bool is_real() const = 0;
};

class SystemClock final : public Clock {
 public:
  TimePoint now() const override { return std::chrono::steady_clock::now(); }
  bool is_real() const override { return true; }
};

class VirtualClock final : public Clock {
 public:
  TimePoint now() const override { return now_; }
  bool is_real() const override { return false; }
  void advance(Duration by) { now_ += by; }
  void advance_to(TimePoint to) {
    if (to > now_) now_ = to;
  }

 private:
  TimePoint now_{std::chrono::hours(1)};
};

}  // namespace manta
