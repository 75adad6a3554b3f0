#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include <manta/error.h>

namespace manta::codec {

// Items of a stream between processes: one flag byte (0), the length as four bytes big-endian, the item.
inline constexpr std::size_t kItemPrefixBytes = 5;

void append_item(std::string& out, std::string_view item);
std::string framed(std::string_view item);

// Cuts a stream of bytes, arriving in any pieces, into items. Holds at most one unfinished item besides what was not
// popped.
class ItemSplitter {
 public:
  explicit ItemSplitter(std::size_t max_item_bytes = std::size_t{64} << 20) : max_item_bytes_(max_item_bytes) {}

  // Fails with InvalidArgument, for good, on a flag that is not 0 or an item beyond the limit; items before it stay.
  Result<void> push(std::string_view bytes);

  // The oldest whole item, if there is one.
  std::optional<std::string> pop();

  // Bytes of an unfinished item have come: an end of the stream here is a truncation.
  bool inside_item() const { return prefix_size_ > 0; }

 private:
  bool take_prefix(std::string_view& bytes);

  std::size_t max_item_bytes_;
  std::deque<std::string> items_;
  std::uint8_t prefix_[kItemPrefixBytes] = {};
  std::size_t prefix_size_ = 0;
  std::size_t item_size_ = 0;
  std::string item_;
  std::optional<Error> error_;
};

}  // namespace manta::codec
