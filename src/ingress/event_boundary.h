#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace manta::ingress {

// Knows whether a text/event-stream that is being copied stands between two events: a blank line has just ended, or
// nothing was sent yet. Only there may another event be added. Looks at the last bytes of each piece only.
class EventBoundary {
 public:
  void feed(std::string_view bytes);
  bool between_events() const;

 private:
  // The end of an event is at most "\r\n\r\n", of which three bytes decide.
  std::array<char, 3> tail_{};
  std::size_t size_ = 0;
};

}  // namespace manta::ingress
