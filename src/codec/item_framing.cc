#include "codec/item_framing.h"

#include <algorithm>
#include <utility>

namespace manta::codec {

void append_item(std::string& out, std::string_view item) {
  const auto size = static_cast<std::uint32_t>(item.size());
  const auto byte = [&](unsigned shift) { return static_cast<char>(static_cast<std::uint8_t>(size >> shift & 0xff)); };
  out.reserve(out.size() + kItemPrefixBytes + item.size());
  out.append({'\0', byte(24), byte(16), byte(8), byte(0)});
  out.append(item);
}

std::string framed(std::string_view item) {
  std::string out;
  append_item(out, item);
  return out;
}

// Moves bytes into the prefix; true when it is complete and names a size within the limit.
bool ItemSplitter::take_prefix(std::string_view& bytes) {
  const std::size_t count = std::min(kItemPrefixBytes - prefix_size_, bytes.size());
  std::copy_n(bytes.begin(), count, prefix_ + prefix_size_);
  prefix_size_ += count;
  bytes.remove_prefix(count);
  if (prefix_size_ < kItemPrefixBytes) return false;
  item_size_ =
      std::size_t{prefix_[1]} << 24 | std::size_t{prefix_[2]} << 16 | std::size_t{prefix_[3]} << 8 | prefix_[4];
  if (prefix_[0] != 0)
    error_ = Error{ErrorCode::InvalidArgument, "an item begins with flag " + std::to_string(prefix_[0]) + ", not 0"};
  else if (item_size_ > max_item_bytes_)
    error_ = Error{ErrorCode::InvalidArgument, "an item of " + std::to_string(item_size_) + " bytes; the limit is " +
                                                   std::to_string(max_item_bytes_)};
  return !error_;
}

Result<void> ItemSplitter::push(std::string_view bytes) {
  while (!error_ && !(bytes.empty() && prefix_size_ < kItemPrefixBytes)) {
    if (prefix_size_ < kItemPrefixBytes && !take_prefix(bytes)) continue;
    const std::size_t count = std::min(item_size_ - item_.size(), bytes.size());
    item_.append(bytes, 0, count);
    bytes.remove_prefix(count);
    if (item_.size() < item_size_) break;
    items_.push_back(std::exchange(item_, {}));
    prefix_size_ = 0;
  }
  if (error_) return std::unexpected(*error_);
  return {};
}

std::optional<std::string> ItemSplitter::pop() {
  if (items_.empty()) return std::nullopt;
  std::string item = std::move(items_.front());
  items_.pop_front();
  return item;
}

}  // namespace manta::codec
