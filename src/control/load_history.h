#pragma once

#include "base/clock.h"
#include "control/autoscale_total.h"

namespace manta::control {

// Seconds on the controller's clock, as the pure decisions take them.
inline double seconds_of(TimePoint time) { return std::chrono::duration<double>(time.time_since_epoch()).count(); }

// How many requests one reporter had, over a window that ends now. Changes within one part of the window (kParts) are
// put together as soon as that part is over: to their mean, which leaves a mean over the window what it was, or to the
// highest or lowest, so that a busy reporter takes no more room than a quiet one. Pure: time comes in.
class LoadHistory {
 public:
  static constexpr int kParts = 64;

  // Had `value` since `start`.
  LoadHistory(Duration window, Aggregation aggregation, TimePoint start, double value);

  // From `now` on there are `value`. A time before the last one counts as that.
  void record(TimePoint now, double value);
  // The step function from the beginning of the window on, or from its start if that is later.
  LoadPoints points(TimePoint now) const;
  // Forgets what lies before the window.
  void prune(TimePoint now);

  double value() const { return recent_.back().value; }
  // The same value throughout the window.
  bool is_steady(TimePoint now) const;
  void set_window(Duration window, Aggregation aggregation);

 private:
  Duration part() const { return window_ / kParts; }
  void put_together(TimePoint end);

  Duration window_;
  Aggregation aggregation_;
  LoadPoints past_;    // whole parts
  LoadPoints recent_;  // since part_start_; never empty
  TimePoint part_start_;
  TimePoint last_;
};

}  // namespace manta::control
