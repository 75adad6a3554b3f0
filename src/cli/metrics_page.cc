#include "cli/metrics_page.h"

#include <algorithm>
#include <charconv>

namespace manta::cli {

std::string MetricSample::label(std::string_view key) const {
  const std::string begin = std::string(key) + "=\"";
  std::size_t at = labels.find(begin);
  while (at != labels.npos && at > 0 && labels[at - 1] != ',') at = labels.find(begin, at + 1);
  if (at == labels.npos) return {};
  at += begin.size();
  return std::string(labels.substr(at, labels.find('"', at) - at));
}

void each_sample(std::string_view page, const std::function<void(const MetricSample&)>& see) {
  while (!page.empty()) {
    const std::string_view line = page.substr(0, page.find('\n'));
    page.remove_prefix(std::min(page.size(), line.size() + 1));
    const std::size_t open = line.find('{'), close = line.rfind('}');
    if (line.starts_with('#') || open == line.npos || close == line.npos || close + 2 > line.size()) continue;
    MetricSample sample{.name = line.substr(0, open), .labels = line.substr(open + 1, close - open - 1)};
    const std::string_view number = line.substr(close + 2);
    if (std::from_chars(number.data(), number.data() + number.size(), sample.value).ec == std::errc()) see(sample);
  }
}

}  // namespace manta::cli
