#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <manta/detail/value_kind.h>

namespace manta::detail {

// Reads one MessagePack document value by value, checking bounds as it goes; the bytes must outlive the reader. The
// same functions as JsonReader. Once the bytes prove broken (truncated, too deep, a reserved byte), ok() is false,
// every read fails and error() says why and where. Lengths are believed only as far as bytes are there.
class MsgPackReader {
 public:
  struct Container {
    std::uint64_t left = 0;
  };

  explicit MsgPackReader(std::string_view bytes, const ReadLimits& limits = {});

  bool ok() const { return error_.empty(); }
  const std::string& error() const { return error_; }

  ValueKind kind() const;

  bool read_null() {
    if (next_ == end_ || *next_ != 0xc0) return false;
    ++next_;
    return true;
  }
  bool read_bool(bool& value);
  bool read_signed(std::int64_t& value, bool& range) {
    if (next_ == end_ || !is_fix_integer(*next_)) return read_wide(value, range);
    value = static_cast<std::int8_t>(*next_++);
    return true;
  }
  bool read_unsigned(std::uint64_t& value, bool& range);
  bool read_double(double& value);
  bool read_string(std::string_view& value) {
    if (next_ == end_ || (*next_ & 0xe0) != 0xa0) return read_long_string(value);
    const std::size_t size = *next_ & 0x1f;
    if (size >= remaining()) return ++next_, ends_early();
    value = {reinterpret_cast<const char*>(next_ + 1), size};
    next_ += 1 + size;
    return true;
  }
  bool read_bytes(std::string& value);

  bool begin_array(Container& array);
  bool next_element(Container& array) { return next(array); }
  bool begin_object(Container& object);
  // Keys must be strings.
  bool next_key(Container& object, std::string_view& key) {
    return next(object) && (read_string(key) || broken("a key that is no string"));
  }
  std::size_t count(const Container& container) const { return container.left; }
  std::size_t size_hint() const;
  void skip();

  using Position = const std::uint8_t*;
  Position position() const { return next_; }
  void seek(Position position) { next_ = position; }

  // False, with error() set, when bytes follow the value.
  bool at_end();

 private:
  std::size_t remaining() const { return static_cast<std::size_t>(end_ - next_); }
  bool broken(std::string_view why);
  bool take(std::size_t count, const std::uint8_t*& bytes);
  bool take_big_endian(unsigned width, std::uint64_t& value);
  bool begin(Container& container, std::uint8_t fix, std::uint8_t wide, unsigned values_per_item);
  bool next(Container& container) {
    if (!ok()) return false;
    if (container.left == 0) {
      ++depth_left_;
      return false;
    }
    --container.left;
    return true;
  }
  static bool is_fix_integer(std::uint8_t code) { return code < 0x80 || code >= 0xe0; }
  bool ends_early();
  bool read_wide(std::int64_t& value, bool& range);
  bool read_long_string(std::string_view& value);
  bool read_length(std::uint8_t first_code, std::uint64_t& length);
  bool skip_one(std::uint64_t& pending);

  const std::uint8_t* begin_;
  const std::uint8_t* next_;
  const std::uint8_t* end_;
  std::size_t depth_left_;
  std::string error_;
};

}  // namespace manta::detail
