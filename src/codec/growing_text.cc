#include <manta/detail/growing_text.h>

#include <algorithm>

namespace manta::detail {

// With some more for what is around a large piece.
void GrowingText::make_room(std::size_t size) {
  constexpr std::size_t kAround = 64;
  const std::size_t wanted = size_ + size + (size < kAround ? 0 : kAround);
  if (wanted > text_.capacity()) text_.reserve(std::max(wanted, 2 * text_.capacity()));
  text_.resize_and_overwrite(text_.capacity(), [](char*, std::size_t whole) { return whole; });
}

}  // namespace manta::detail
