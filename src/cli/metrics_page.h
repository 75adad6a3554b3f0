#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace manta::cli {

// One line of a Prometheus page: `name{labels} value`. A counter may stand there as name, as name_total, or as both.
struct MetricSample {
  std::string_view name, labels;
  double value = 0;

  std::string label(std::string_view key) const;  // empty: it has none of that name
};

// Calls `see` for each sample with labels, in the order of the page.
void each_sample(std::string_view page, const std::function<void(const MetricSample&)>& see);

}  // namespace manta::cli
