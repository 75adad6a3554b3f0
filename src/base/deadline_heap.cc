#include "base/deadline_heap.h"

#include <algorithm>
#include <utility>

namespace manta {

// What a callback holds may cancel others when it is dropped.
DeadlineHeap::~DeadlineHeap() {
  std::vector<Callback> all = callbacks_.take_all();
  all.clear();
}

TimerId DeadlineHeap::add(TimePoint when, Callback callback) {
  const TimerId id = callbacks_.add(std::move(callback));
  heap_.push_back({when, next_added_++, id});
  std::ranges::push_heap(heap_, later);
  return id;
}

bool DeadlineHeap::cancel(TimerId id) {
  if (!callbacks_.contains(id)) return false;
  const Callback dropped = callbacks_.take(id);  // what it holds may add and cancel others
  rebuild_if_mostly_stale();
  return true;
}

void DeadlineHeap::pop() {
  std::ranges::pop_heap(heap_, later);
  heap_.pop_back();
}

void DeadlineHeap::drop_stale_top() {
  while (!heap_.empty() && !callbacks_.contains(heap_.front().id)) pop();
}

void DeadlineHeap::rebuild_if_mostly_stale() {
  if (heap_.size() < 64 || heap_.size() < 2 * callbacks_.size()) return;
  std::erase_if(heap_, [this](const Entry& entry) { return !callbacks_.contains(entry.id); });
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
    Callback callback = callbacks_.take(heap_.front().id);
    pop();
    ++fired;
    callback();
  }
}

}  // namespace manta
