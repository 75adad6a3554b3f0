#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <utility>

#include "base/clock.h"
#include "base/metrics.h"

namespace manta::control {

// The series of things that come and go, by what they are called: of one that has ended they are shown for kKept more,
// so that a scrape sees how it ended, and then no more. Loop-confined; the whole outlives it.
template <class Name>
class KeptSeries {
 public:
  static constexpr Duration kKept = std::chrono::seconds(60);

  explicit KeptSeries(Metrics& whole) : whole_(whole) {}

  // Where its series are made. One that had ended is there again.
  Metrics& of(const Name& name) {
    auto known = known_.find(name);
    if (known == known_.end()) known = known_.emplace(name, One{whole_.part()}).first;
    known->second.until = TimePoint::max();
    return known->second.series;
  }

  void ended(const Name& name, TimePoint now) {
    const auto known = known_.find(name);
    if (known == known_.end()) return;
    known->second.until = now + kKept;
    ended_.emplace_back(name, known->second.until);
    forget(now);
  }

  // Those whose time is over.
  void forget(TimePoint now) {
    for (; !ended_.empty() && ended_.front().second <= now; ended_.pop_front())
      if (const auto known = known_.find(ended_.front().first); known != known_.end() && known->second.until <= now)
        known_.erase(known);
  }

 private:
  struct One {
    Metrics series;
    TimePoint until = TimePoint::max();
  };

  Metrics& whole_;
  std::map<Name, One> known_;
  std::deque<std::pair<Name, TimePoint>> ended_;  // the first to be forgotten in front
};

}  // namespace manta::control
