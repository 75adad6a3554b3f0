#include "base/deadline_heap.h"

#include <algorithm>
#include <utility>

namespace manta {

// What a callback holds may cancel others when it is dropped.
DeadlineHeap::~DeadlineHeap() {
  for (std::size_t i = 0; i < slots_.size(); ++i) const Callback dropped = std::exchange(slots_[i].callback, nullptr);
}

TimerId DeadlineHeap::add(TimePoint when, Callback callback) {
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const std::uint32_t index = free_.back();
  free_.pop_back();
  Slot& slot = slots_[index];
  slot.callback = std::move(callback);
  const TimerId id = std::uint64_t{slot.uses} << 32U | (index + 1);
  ++live_;
  heap_.push_back({when, next_added_++, id});
  std::ranges::push_heap(heap_, later);
  return id;
}

bool DeadlineHeap::stands(TimerId id) const {
  const std::uint32_t index = index_of(id);
  return index < slots_.size() && slots_[index].callback && slots_[index].uses == id >> 32U;
}

DeadlineHeap::Callback DeadlineHeap::take(TimerId id) {
  Slot& slot = slots_[index_of(id)];
  ++slot.uses;
  --live_;
  free_.push_back(index_of(id));
  return std::exchange(slot.callback, nullptr);
}

bool DeadlineHeap::cancel(TimerId id) {
  if (!stands(id)) return false;
  const Callback dropped = take(id);  // what it holds may add and cancel others
  rebuild_if_mostly_stale();
  return true;
}

void DeadlineHeap::pop() {
  std::ranges::pop_heap(heap_, later);
  heap_.pop_back();
}

void DeadlineHeap::drop_stale_top() {
  while (!heap_.empty() && !stands(heap_.front().id)) pop();
}

void DeadlineHeap::rebuild_if_mostly_stale() {
  if (heap_.size() < 64 || heap_.size() < 2 * live_) return;
  std::erase_if(heap_, [this](const Entry& entry) { return !stands(entry.id); });
  std::ranges::make_heap(heap_, later);
}

std::optional<TimePoint> DeadlineHeap::next() {
  drop_stale_top();
  if (heap_.empty()) return std::nullopt;
  return heap_.front().when;
}

std::size_t DeadlineHeap::fire_due(TimePoint now) {
  std::size_t fired = 0;
  for (;;) {
    drop_stale_top();
    if (heap_.empty() || heap_.front().when > now) return fired;
    Callback callback = take(heap_.front().id);
    pop();
    ++fired;
    callback();
  }
}

}  // namespace manta
