#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <manta/error.h>

namespace manta::net {

// Items of a stream: one flag byte (0), the size as four big-endian bytes, then the item. gRPC's framing.
inline constexpr std::size_t kItemPrefix = 5;
inline constexpr std::size_t kMaxItem = std::size_t{64} << 20;

inline void append_item(std::string& out, std::string_view item) {
  const auto size = static_cast<std::uint32_t>(item.size());
  out += '\0';
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>((size >> shift) & 0xff);
  out += item;
}

// Cuts received bytes into items, however they were split on the way.
class ItemSplitter {
 public:
  void feed(std::string_view bytes) {
    if (at_ == buffer_.size()) {
      buffer_.clear();
      at_ = 0;
    }
    buffer_ += bytes;
  }

  // The next complete item; nullopt: more bytes are needed. InvalidArgument for a flag that is not 0 or an item beyond
  // `max`; the stream is of no use then.
  Result<std::optional<std::string>> next(std::size_t max = kMaxItem) {
    if (buffer_.size() - at_ < kItemPrefix) return std::optional<std::string>();
    if (buffer_[at_] != 0) return fail(ErrorCode::InvalidArgument, "item with an unknown flag");
    std::size_t size = 0;
    for (std::size_t i = 1; i < kItemPrefix; ++i) size = size << 8 | static_cast<unsigned char>(buffer_[at_ + i]);
    if (size > max) return fail(ErrorCode::InvalidArgument, "item of " + std::to_string(size) + " bytes is too large");
    if (buffer_.size() - at_ - kItemPrefix < size) return std::optional<std::string>();
    std::optional<std::string> item(buffer_.substr(at_ + kItemPrefix, size));
    at_ += kItemPrefix + size;
    if (at_ > (std::size_t{64} << 10)) {
      buffer_.erase(0, at_);
      at_ = 0;
    }
    return item;
  }

  // True when no part of an item is left over: a stream that ends otherwise was cut.
  bool at_boundary() const { return at_ == buffer_.size(); }

 private:
  std::string buffer_;
  std::size_t at_ = 0;  // start of what has not been given out
};

}  // namespace manta::net
