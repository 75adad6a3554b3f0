#pragma once

#include <chrono>

#include "base/clock.h"

namespace manta::routing {

// How long good answers take: their mean, in which each newer one counts more. Tells a deadline that nobody could have
// kept from one that somebody has missed.
class UsualTime {
 public:
  void note(Duration took) {
    const double ms = std::chrono::duration<double, std::milli>(took).count();
    mean_ms_ = seen_ == 0 ? ms : mean_ms_ + (ms - mean_ms_) * kShare;
    if (seen_ < kEnough) ++seen_;
  }
  bool is_known() const { return seen_ == kEnough; }
  // Who was given so little had no chance. Never said before kEnough answers have been seen.
  bool is_beyond(Duration given) const {
    return is_known() && std::chrono::duration<double, std::milli>(given).count() < mean_ms_;
  }

 private:
  static constexpr double kShare = 1.0 / 16;
  static constexpr int kEnough = 16;

  double mean_ms_ = 0;
  int seen_ = 0;
};

}  // namespace manta::routing
