#pragma once

#include <functional>
#include <utility>

#include "base/loop.h"

namespace manta::net {

// One deadline that moves often and is rarely reached. Moving it to a later time costs a store: the loop's timer is
// left where it is and looks again when it fires. Loop-confined; destroying it stops it, also from inside its callback.
class LazyTimer {
 public:
  LazyTimer(Loop& loop, std::function<void()> on_due) : loop_(loop), on_due_(std::move(on_due)) {}
  ~LazyTimer() { loop_.cancel(id_); }
  LazyTimer(const LazyTimer&) = delete;
  LazyTimer& operator=(const LazyTimer&) = delete;

  void set(TimePoint due) {
    due_ = due;
    if (due_ < armed_) arm();
  }
  void set_earlier(TimePoint due) {
    if (due < due_) set(due);
  }
  void clear() { due_ = TimePoint::max(); }
  TimePoint due() const { return due_; }

 private:
  void arm() {
    loop_.cancel(id_);
    armed_ = due_;
    id_ = loop_.at(due_, [this] { fire(); });
  }
  void fire() {
    id_ = 0;
    armed_ = TimePoint::max();
    if (due_ == TimePoint::max()) return;
    if (loop_.now() < due_) return arm();
    due_ = TimePoint::max();
    const auto on_due = on_due_;  // outlives this object, should the callback destroy it
    on_due();
  }

  Loop& loop_;
  std::function<void()> on_due_;
  TimerId id_ = 0;
  TimePoint due_ = TimePoint::max();
  TimePoint armed_ = TimePoint::max();
};

}  // namespace manta::net
