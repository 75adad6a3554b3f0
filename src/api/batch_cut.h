#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include <manta/batch.h>

#include "base/clock.h"

namespace manta::api {

// Why a batch was closed, as the metric names it.
enum class CloseReason {
  Full,      // max_batch_size items
  Cost,      // the next item would exceed max_cost
  Timeout,   // its oldest item had waited batch_wait_timeout_s
  Bucket,    // the same, though items waited that would have fitted but for their size
  Adaptive,  // as many items as the last batch had
  Shutdown,  // the replica takes no more requests: there is no company to wait for
};
std::string_view name(CloseReason reason);

// What waits in one bucket in front of a Batcher, oldest first.
struct BatchView {
  std::span<const double> costs;
  TimePoint oldest;           // when the first of them came
  std::size_t last_size = 1;  // items of the bucket's last batch: the company an item can expect
};

struct BatchLoad {
  std::size_t running = 0;    // batches that run now
  bool stopping = false;      // nothing more will come
  TimePoint idle_since = {};  // when the last batch ended, whose callers may come again
};

struct BatchCut {
  std::size_t count = 0;   // run this many now; 0: not yet
  std::size_t bucket = 0;  // from here
  CloseReason reason = CloseReason::Full;
  std::optional<TimePoint> look_again = {};  // when waiting for company ends; none: only a change can help
  bool operator==(const BatchCut&) const = default;
};

// The bucket of an item: the first whose bound is not below its size; beyond the last bound, one more.
std::size_t bucket_of(std::span<const double> bounds, double size);

// Closes a batch for one of the reasons above. Of several buckets that have one ready, that whose oldest item has
// waited longest among those whose wait is over goes first, so that none is starved; then the full ones, the oldest
// first. The first item of a bucket is always admitted, whatever it costs. Pure.
BatchCut cut_batch(const BatchLimits& limits, std::span<const BatchView> buckets, BatchLoad load, TimePoint now);

}  // namespace manta::api
