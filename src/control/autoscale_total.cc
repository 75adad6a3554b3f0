#include "control/autoscale_total.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace manta::control {
namespace {

// One that stands alone is taken as it is; of several the changes are summed.
LoadPoints merge(std::span<const LoadPoints> series) {
  const LoadPoints* only = nullptr;
  LoadPoints changes;
  int active = 0;
  for (const LoadPoints& points : series) {
    if (points.empty()) continue;
    ++active;
    only = &points;
    double before = 0;
    for (const LoadPoint& point : points) {
      if (point.value == before) continue;
      changes.push_back({std::round(point.at_s * 100) / 100, point.value - before});
      before = point.value;
    }
  }
  if (active == 1) return *only;
  std::ranges::stable_sort(changes, {}, &LoadPoint::at_s);
  LoadPoints merged;
  double sum = 0;
  for (const LoadPoint& change : changes) {
    sum += change.value;
    if (!merged.empty() && merged.back().at_s == change.at_s)
      merged.back().value = sum;
    else
      merged.push_back({change.at_s, sum});
  }
  return merged;
}

// When all series have begun; none: there is one only, or the last one began after the last change.
std::optional<double> window_start(std::span<const LoadPoints> series, const LoadPoints& merged) {
  int active = 0;
  double last_beginning = 0;
  for (const LoadPoints& points : series)
    if (!points.empty()) last_beginning = active++ == 0 ? points[0].at_s : std::max(last_beginning, points[0].at_s);
  if (active < 2 || last_beginning > merged.back().at_s) return std::nullopt;
  return std::max(last_beginning, merged.front().at_s);
}

double mean(const LoadPoints& merged, std::optional<double> from, double end) {
  const double start = from.value_or(merged.front().at_s);
  if (end <= start) return 0;
  double weighted = 0, covered = 0, value = 0, at = start;
  for (const LoadPoint& point : merged) {
    if (point.at_s > at) {
      weighted += value * (point.at_s - at);
      covered += point.at_s - at;
      at = point.at_s;
    }
    value = point.value;
  }
  weighted += value * (end - at);
  covered += end - at;
  return weighted / covered;
}

}  // namespace

Aggregation aggregation_named(std::string_view name) {
  if (name == "max") return Aggregation::Max;
  return name == "min" ? Aggregation::Min : Aggregation::Mean;
}

double total_requests(std::span<const LoadPoints> series, Aggregation aggregation, double now_s) {
  constexpr double kShortest = 1e-3;  // the last value holds at least this long
  const LoadPoints merged = merge(series);
  if (merged.empty()) return 0;
  const double held = now_s - merged.back().at_s;
  const auto from = window_start(series, merged);
  if (aggregation == Aggregation::Mean) return mean(merged, from, merged.back().at_s + (held > 0 ? held : kShortest));
  std::optional<double> best;
  for (const LoadPoint& point : merged) {
    if (from && point.at_s < *from) continue;
    const bool better = !best || (aggregation == Aggregation::Max ? point.value > *best : point.value < *best);
    if (better) best = point.value;
  }
  return best.value_or(0);
}

}  // namespace manta::control
