#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/slot_table.h"

namespace manta {

using TimerId = std::uint64_t;  // of a SlotTable: 0 is never given out

// All deadlines of one loop, earliest first; equal ones in the order they were added. Confined to the loop's thread.
// add and cancel are O(log n) amortised and allocate only to grow; a cancelled entry is dropped when it reaches the top
// or when most are stale.
class DeadlineHeap {
 public:
  using Callback = std::move_only_function<void()>;

  DeadlineHeap() = default;
  ~DeadlineHeap();
  DeadlineHeap(const DeadlineHeap&) = delete;
  DeadlineHeap& operator=(const DeadlineHeap&) = delete;

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
    std::uint64_t added;  // counts up
    TimerId id;
  };
  static bool later(const Entry& a, const Entry& b) { return a.when != b.when ? a.when > b.when : a.added > b.added; }
  void pop();
  void drop_stale_top();
  void rebuild_if_mostly_stale();

  std::vector<Entry> heap_;
  SlotTable<Callback> callbacks_;
  std::uint64_t next_added_ = 0;
};

}  // namespace manta
