#include "api/batch_waiting.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace manta::api {

void WaitingItems::push(WaitingItem entry) {
  if (entry.arrival == 0) entry.arrival = ++arrivals_;
  const std::size_t bucket = bucket_of(bounds_, entry.item->size);
  buckets_[bucket].items.push_back(std::move(entry));
  ++size_;
}

void WaitingItems::drop(const BatchGroup& group) {
  for (Bucket& bucket : buckets_)
    size_ -= std::erase_if(bucket.items, [&](const WaitingItem& entry) { return entry.group.get() == &group; });
}

void WaitingItems::sort_into(const std::vector<double>& bounds) {
  if (bounds == bounds_) return;
  std::vector<WaitingItem> all;
  all.reserve(size_);
  for (Bucket& bucket : buckets_) std::ranges::move(bucket.items, std::back_inserter(all));
  std::ranges::sort(all, {}, &WaitingItem::arrival);
  bounds_ = bounds;
  buckets_ = std::vector<Bucket>(bounds.size() + 1);
  size_ = 0;
  for (WaitingItem& entry : all) push(std::move(entry));
}

std::vector<WaitingItem> WaitingItems::take(const BatchLimits& limits, BatchLoad load, TimePoint now, BatchCut& cut) {
  std::vector<std::vector<double>> costs(buckets_.size());
  std::vector<BatchView> views(buckets_.size());
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    const auto& items = buckets_[i].items;
    const bool overfull = items.size() > limits.max_batch_size;
    const std::size_t seen = overfull ? limits.max_batch_size + 1 : items.size();
    for (std::size_t k = 0; k < seen; ++k) costs[i].push_back(items[k].item->cost);
    views[i] = {.costs = costs[i],
                .oldest = items.empty() ? TimePoint() : items.front().since,
                .last_size = buckets_[i].last_size};
  }
  cut = cut_batch(limits, views, load, now);
  Bucket& bucket = buckets_[cut.bucket];
  const auto end = bucket.items.begin() + static_cast<std::ptrdiff_t>(cut.count);
  std::vector<WaitingItem> batch(std::make_move_iterator(bucket.items.begin()), std::make_move_iterator(end));
  bucket.items.erase(bucket.items.begin(), end);
  size_ -= cut.count;
  if (cut.count > 0) bucket.last_size = cut.count;
  return batch;
}

}  // namespace manta::api
