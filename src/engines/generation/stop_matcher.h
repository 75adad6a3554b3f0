#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace manta::engines {

// Finds the first stop string in a text that comes in pieces, and never lets out a byte that could belong to one. The
// match that is complete first wins, so the result does not depend on where the pieces were cut.
class StopMatcher {
 public:
  // Empty stop strings are ignored.
  explicit StopMatcher(std::vector<std::string> stops);

  struct Output {
    std::string text;      // safe to send; ends before the stop string
    bool stopped = false;  // push nothing after this
  };
  Output push(std::string_view text);
  // At the end of the stream: what was held back.
  std::string finish();

 private:
  std::size_t held_suffix() const;

  std::vector<std::string> stops_;
  std::string held_;
};

}  // namespace manta::engines
