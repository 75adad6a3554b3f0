#include "api/batch_cut.h"

#include <algorithm>

#include "base/of_seconds.h"

namespace manta::api {
namespace {

// How many items from the front fit into one batch, and why no more would if they came.
struct Fitting {
  std::size_t count = 0;
  std::optional<CloseReason> closed = {};
};

Fitting fit(const BatchLimits& limits, std::span<const double> costs) {
  Fitting fitting;
  double cost = 0;
  for (const double one : costs) {
    if (fitting.count > 0 && cost + one > limits.max_cost) return {fitting.count, CloseReason::Cost};
    cost += one;
    ++fitting.count;
    if (fitting.count == std::max<std::size_t>(limits.max_batch_size, 1)) return {fitting.count, CloseReason::Full};
  }
  if (cost >= limits.max_cost) fitting.closed = CloseReason::Cost;
  return fitting;
}

struct Candidate {
  BatchCut cut;
  bool overdue = false;
  TimePoint oldest;

  bool goes_before(const Candidate& other) const { return overdue != other.overdue ? overdue : oldest < other.oldest; }
};

// A batch of one bucket, if there is a reason to close it.
std::optional<Candidate> close_batch(const BatchLimits& limits, const BatchView& view, BatchLoad load, bool alone,
                                     bool overdue) {
  const Fitting fitting = fit(limits, view.costs);
  std::optional<CloseReason> reason = fitting.closed;
  if (!reason && load.stopping) reason = CloseReason::Shutdown;
  if (!reason && overdue) reason = alone ? CloseReason::Timeout : CloseReason::Bucket;
  if (!reason && limits.wait == BatchWait::Adaptive && fitting.count >= view.last_size) reason = CloseReason::Adaptive;
  if (!reason) return std::nullopt;
  return Candidate{{.count = fitting.count, .reason = *reason}, overdue, view.oldest};
}

}  // namespace

std::string_view name(CloseReason reason) {
  switch (reason) {
    case CloseReason::Full:
      return "full";
    case CloseReason::Cost:
      return "cost";
    case CloseReason::Timeout:
      return "timeout";
    case CloseReason::Bucket:
      return "bucket";
    case CloseReason::Adaptive:
      return "adaptive";
    case CloseReason::Shutdown:
      return "shutdown";
  }
  return {};
}

std::size_t bucket_of(std::span<const double> bounds, double size) {
  return static_cast<std::size_t>(std::ranges::lower_bound(bounds, size) - bounds.begin());
}

BatchCut cut_batch(const BatchLimits& limits, std::span<const BatchView> buckets, BatchLoad load, TimePoint now) {
  if (load.running >= std::max<std::size_t>(limits.max_concurrent_batches, 1)) return {};
  const auto wait = of_seconds(limits.batch_wait_timeout_s);
  const TimePoint earliest = limits.wait == BatchWait::Adaptive ? load.idle_since : TimePoint();
  const auto taken = std::ranges::count_if(buckets, [](const BatchView& view) { return !view.costs.empty(); });
  std::optional<Candidate> first;
  std::optional<TimePoint> look_again;
  for (std::size_t i = 0; i < buckets.size(); ++i) {
    if (buckets[i].costs.empty()) continue;
    const TimePoint until = std::max(buckets[i].oldest, earliest) + wait;
    look_again = std::min(until, look_again.value_or(until));
    auto candidate = close_batch(limits, buckets[i], load, taken == 1, until <= now);
    if (!candidate || (first && !candidate->goes_before(*first))) continue;
    candidate->cut.bucket = i;
    first = candidate;
  }
  return first ? first->cut : BatchCut{.look_again = look_again};
}

}  // namespace manta::api
