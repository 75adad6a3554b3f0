#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "base/clock.h"

namespace manta::routing {

// How fast requests have ended lately, over the last 5 to 10 seconds, to tell a refused client when to come back, and a
// request whether waiting makes sense.
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
    const double rate = per_second(now);
    if (rate <= 0) return 60;
    return std::clamp(std::ceil(static_cast<double>(queued) / rate), 1.0, 60.0);
  }

  // A request behind `ahead` others that has `left` to begin cannot be served in time, even should requests end
  // kHopeless times as fast as of late. Never said before a whole window and kEnough requests have been seen.
  bool hopeless(std::size_t ahead, Duration left, TimePoint now) {
    roll(now);
    if (previous_ == 0 || previous_ + current_ < kEnough) return false;
    const double seconds = std::chrono::duration<double>(left).count();
    return static_cast<double>(ahead) > kHopeless * per_second(now) * seconds;
  }

 private:
  static constexpr Duration kWindow = std::chrono::seconds(5);
  static constexpr std::size_t kEnough = 20;
  static constexpr double kHopeless = 4;

  double per_second(TimePoint now) const {
    const std::chrono::duration<double> span = kWindow + (now - started_);
    return static_cast<double>(previous_ + current_) / span.count();
  }

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
