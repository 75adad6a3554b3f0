#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "base/clock.h"

namespace manta {

using TimerId = std::uint64_t;  // 0 is never given out

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
  std::size_t size() const { return live_; }

 private:
  struct Entry {
    TimePoint when;
    std::uint64_t added;  // counts up
    TimerId id;
  };
  // Of one deadline after the other. An id is the slot's index + 1 and, above it, how often the slot had been used.
  struct Slot {
    Callback callback;
    std::uint32_t uses = 0;
  };
  static bool later(const Entry& a, const Entry& b) { return a.when != b.when ? a.when > b.when : a.added > b.added; }
  static std::uint32_t index_of(TimerId id) { return static_cast<std::uint32_t>(id) - 1; }
  bool stands(TimerId id) const;
  Callback take(TimerId id);
  void pop();
  void drop_stale_top();
  void rebuild_if_mostly_stale();

  std::vector<Entry> heap_;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;
  std::size_t live_ = 0;
  std::uint64_t next_added_ = 0;
};

}  // namespace manta
