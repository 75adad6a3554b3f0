#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/clock.h"

namespace manta {

using TimerId = std::uint64_t;  // 0 is never given out

// All deadlines of one loop, earliest first; equal ones in the order they were added. Confined to the loop's thread.
// add and cancel are O(log n) amortised; a cancelled entry is dropped when it reaches the top or when most are stale.
class DeadlineHeap {
 public:
  using Callback = std::move_only_function<void()>;

  TimerId add(TimePoint when, Callback callback);
  // False if it has fired or was cancelled before.
  bool cancel(TimerId id);
  // The earliest deadline that still stands.
  std::optional<TimePoint> next();
  // Runs every callback due at `now`, including ones they add that are due as well. Returns how many ran.
  std::size_t fire_due(TimePoint now);
  std::size_t size() const { return callbacks_.size(); }

 private:
  struct Entry {
    TimePoint when;
    TimerId id;
  };
  static bool later(const Entry& a, const Entry& b) { return a.when != b.when ? a.when > b.when : a.id > b.id; }
  void pop();
  void drop_stale_top();
  void rebuild_if_mostly_stale();

  std::vector<Entry> heap_;
  std::unordered_map<TimerId, Callback> callbacks_;
  TimerId next_id_ = 1;
};

}  // namespace manta
