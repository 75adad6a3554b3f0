#include "runtime/ray/line_buffer.h"

#include <utility>

namespace manta::runtime {

std::vector<std::string> LineBuffer::add(std::string_view bytes) {
  std::vector<std::string> lines;
  while (!too_long_ && !bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    const std::string_view part = bytes.substr(0, end);
    too_long_ = unfinished_.size() + part.size() > limit_;
    if (too_long_) break;
    unfinished_ += part;
    if (end == std::string_view::npos) break;
    lines.push_back(std::exchange(unfinished_, {}));
    bytes.remove_prefix(end + 1);
  }
  if (too_long_) std::string().swap(unfinished_);
  return lines;
}

}  // namespace manta::runtime
