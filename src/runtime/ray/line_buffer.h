#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace manta::runtime {

// Cuts a stream of bytes into lines. Holds at most one unfinished line of `limit` bytes.
class LineBuffer {
 public:
  explicit LineBuffer(std::size_t limit) : limit_(limit) {}

  // The lines that these bytes complete, without their ends. None for a line that is too long: too_long() is true then,
  // and for ever.
  std::vector<std::string> add(std::string_view bytes);
  bool too_long() const { return too_long_; }

 private:
  const std::size_t limit_;
  std::string unfinished_;
  bool too_long_ = false;
};

}  // namespace manta::runtime
