#include "api/batch_cut.h"

#include <algorithm>
#include <chrono>

namespace manta::api {
namespace {

// How many items from the front fit into one batch, and whether one more would still fit if it came.
struct Fitting {
  std::size_t count = 0;
  bool full = false;
};

Fitting fit(const BatchLimits& limits, std::span<const double> costs) {
  Fitting fitting;
  double cost = 0;
  for (const double one : costs) {
    if (fitting.count > 0 && cost + one > limits.max_cost) return {fitting.count, true};
    cost += one;
    ++fitting.count;
    if (fitting.count == std::max<std::size_t>(limits.max_batch_size, 1)) return {fitting.count, true};
  }
  fitting.full = cost >= limits.max_cost;
  return fitting;
}

}  // namespace

BatchCut cut_batch(const BatchLimits& limits, const BatchView& view, TimePoint now) {
  if (view.costs.empty() || view.running >= std::max<std::size_t>(limits.max_concurrent_batches, 1)) return {};
  const Fitting fitting = fit(limits, view.costs);
  const auto wait = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(limits.batch_wait_timeout_s));
  const TimePoint until = view.oldest + wait;
  if (fitting.full || fitting.count >= view.last_size || until <= now) return {.count = fitting.count};
  return {.count = 0, .look_again = until};
}

}  // namespace manta::api
