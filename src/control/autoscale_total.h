#pragma once

#include <span>
#include <string_view>
#include <vector>

namespace manta::control {

// A right-continuous step function: from `at_s` on there are `value` requests, until the next point. Seconds of any one
// clock, ascending.
struct LoadPoint {
  double at_s = 0;
  double value = 0;
  bool operator==(const LoadPoint&) const = default;
};
using LoadPoints = std::vector<LoadPoint>;

enum class Aggregation { Mean, Max, Min };
Aggregation aggregation_named(std::string_view name);  // mean for a name it does not know

// How many requests there were, over the time that the series cover: their sum at each moment, then the time-weighted
// mean (or the highest, the lowest) of that. As Ray Serve does it, so the time begins when the last series has begun,
// and of several series only changes count (a beginning without requests is left out), at times rounded to 10 ms. 0
// without any point.
double total_requests(std::span<const LoadPoints> series, Aggregation aggregation, double now_s);

}  // namespace manta::control
