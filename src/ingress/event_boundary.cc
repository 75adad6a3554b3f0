#include "ingress/event_boundary.h"

#include <algorithm>

namespace manta::ingress {

void EventBoundary::feed(std::string_view bytes) {
  const std::size_t added = std::min(bytes.size(), tail_.size());
  const std::size_t kept = std::min(size_, tail_.size() - added);
  std::copy(tail_.begin() + static_cast<std::ptrdiff_t>(size_ - kept),
            tail_.begin() + static_cast<std::ptrdiff_t>(size_), tail_.begin());
  std::copy(bytes.end() - static_cast<std::ptrdiff_t>(added), bytes.end(),
            tail_.begin() + static_cast<std::ptrdiff_t>(kept));
  size_ = kept + added;
}

// A line ends with CR, LF or CRLF. Take one such end off: the line was blank if another one, or nothing at all,
// precedes it.
bool EventBoundary::between_events() const {
  std::string_view text(tail_.data(), size_);
  if (text.empty()) return true;
  const auto ends_line = [](std::string_view t) { return t.ends_with('\n') || t.ends_with('\r'); };
  if (!ends_line(text)) return false;
  text.remove_suffix(text.ends_with("\r\n") ? 2 : 1);
  return text.empty() || ends_line(text);
}

}  // namespace manta::ingress
