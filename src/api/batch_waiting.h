#pragma once

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include <manta/batch.h>

#include "api/batch_cut.h"
#include "base/clock.h"

namespace manta::api {

// Items that were queued together: done when none is left. Strand-confined.
struct BatchGroup {
  std::size_t left = 0;
  detail::Resumption waiter;
};

struct WaitingItem {
  std::shared_ptr<detail::BatchItem> item;
  std::shared_ptr<BatchGroup> group;
  TimePoint since;
  std::uint64_t arrival = 0;  // set by WaitingItems
};

// The items in front of one Batcher by bucket, each bucket in order of arrival. Strand-confined.
class WaitingItems {
 public:
  void push(WaitingItem entry);
  void drop(const BatchGroup& group);  // those of it that still wait
  // Other bounds: every item goes to its new bucket, in order of arrival.
  void sort_into(const std::vector<double>& bounds);
  // Closes a batch by cut_batch() and takes its items out; empty, and only `cut` is set, when it is not yet time.
  std::vector<WaitingItem> take(const BatchLimits& limits, BatchLoad load, TimePoint now, BatchCut& cut);
  std::size_t size() const { return size_; }

 private:
  struct Bucket {
    std::deque<WaitingItem> items;
    std::size_t last_size = 1;
  };
  std::vector<double> bounds_;
  std::vector<Bucket> buckets_ = std::vector<Bucket>(1);
  std::size_t size_ = 0;
  std::uint64_t arrivals_ = 0;
};

}  // namespace manta::api
