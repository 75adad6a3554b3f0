#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include <manta/batch.h>

#include "base/clock.h"

namespace manta::api {

// What waits in front of a Batcher, oldest first.
struct BatchView {
  std::span<const double> costs;
  TimePoint oldest;           // when the first of them came
  std::size_t running = 0;    // batches that run now
  std::size_t last_size = 1;  // items of the batch cut last: the company an item can expect
};

struct BatchCut {
  std::size_t count = 0;                     // run this many now; 0: not yet
  std::optional<TimePoint> look_again = {};  // when waiting for company ends; none: only a change can help
  bool operator==(const BatchCut&) const = default;
};

// Cuts when a batch is full (max_batch_size, or the next item would exceed max_cost), when as many items wait as came
// last time, or when the oldest has waited batch_wait_timeout_s. An item is never held for company that did not come
// last time, so a lone caller waits at most once. The first item is always admitted, whatever it costs. Pure.
BatchCut cut_batch(const BatchLimits& limits, const BatchView& view, TimePoint now);

}  // namespace manta::api
