#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>

#include <manta/error.h>
#include <manta/task.h>

#include "base/deadline_heap.h"
#include "routing/lease.h"
#include "routing/request_info.h"

namespace manta::routing {

// A request that waits for a place; lives in the frame of the coroutine that waits.
struct Waiter {
  RequestInfo request;
  TimePoint since{};
  TimerId timer = 0;
  std::optional<Result<Lease>> result;  // set when it has left the queue
  detail::Resumption resumption;
};

// The waiting requests of one router, oldest first.
class WaitQueue {
 public:
  void add(Waiter& waiter) { waiters_.emplace(waiter.request.arrival, &waiter); }
  void remove(const Waiter& waiter) { waiters_.erase(waiter.request.arrival); }
  Waiter* oldest() const { return waiters_.empty() ? nullptr : waiters_.begin()->second; }
  Waiter* youngest() const { return waiters_.empty() ? nullptr : waiters_.rbegin()->second; }
  // The next younger one than `arrival`.
  Waiter* after(std::uint64_t arrival) const {
    const auto next = waiters_.upper_bound(arrival);
    return next == waiters_.end() ? nullptr : next->second;
  }
  std::size_t size() const { return waiters_.size(); }
  bool empty() const { return waiters_.empty(); }

 private:
  std::map<std::uint64_t, Waiter*> waiters_;
};

}  // namespace manta::routing
