#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "base/clock.h"

namespace manta::routing {

// How fast requests have ended lately, over the last 5 to 10 seconds, to tell a refused client when to come back.
class DrainRate {
 public:
  void note(TimePoint now) {
    roll(now);
    ++current_;
    seen_ = true;
  }

  // Seconds until a queue of `queued` has drained at the present rate, in [1, 60]. 1 when nothing is known yet.
  double retry_after_s(std::size_t queued, TimePoint now) {
    roll(now);
    if (!seen_) return 1;
    const std::chrono::duration<double> span = kWindow + (now - started_);
    const double per_second = static_cast<double>(previous_ + current_) / span.count();
    if (per_second <= 0) return 60;
    return std::clamp(std::ceil(static_cast<double>(queued) / per_second), 1.0, 60.0);
  }

 private:
  static constexpr Duration kWindow = std::chrono::seconds(5);

  void roll(TimePoint now) {
    if (now - started_ < kWindow) return;
    previous_ = now - started_ < 2 * kWindow ? current_ : 0;
    current_ = 0;
    started_ = now;
  }

  TimePoint started_{};
  std::size_t previous_ = 0, current_ = 0;
  bool seen_ = false;
};

}  // namespace manta::routing
