#include "engines/generation/stop_matcher.h"

#include <algorithm>
#include <utility>

namespace manta::engines {

StopMatcher::StopMatcher(std::vector<std::string> stops) : stops_(std::move(stops)) {
  std::erase_if(stops_, [](const std::string& stop) { return stop.empty(); });
}

StopMatcher::Output StopMatcher::push(std::string_view text) {
  if (stops_.empty()) return {std::string(text), false};
  held_ += text;
  std::size_t begin = std::string::npos, end = std::string::npos;
  for (const std::string& stop : stops_) {
    const std::size_t at = held_.find(stop);
    if (at == std::string::npos) continue;
    if (std::pair(at + stop.size(), at) < std::pair(end, begin)) {
      begin = at;
      end = at + stop.size();
    }
  }
  if (begin != std::string::npos) {
    held_.resize(begin);
    return {std::exchange(held_, {}), true};
  }
  const std::size_t free = held_.size() - held_suffix();
  Output output{held_.substr(0, free), false};
  held_.erase(0, free);
  return output;
}

// The longest suffix of held_ that could still grow into a stop string.
std::size_t StopMatcher::held_suffix() const {
  std::size_t longest = 0;
  for (const std::string& stop : stops_) {
    for (std::size_t size = std::min(stop.size() - 1, held_.size()); size > longest; --size) {
      if (held_.compare(held_.size() - size, size, stop, 0, size) == 0) longest = size;
    }
  }
  return longest;
}

std::string StopMatcher::finish() { return std::exchange(held_, {}); }

}  // namespace manta::engines
