#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <manta/detail/growing_text.h>

namespace manta::detail {

// Writes one MessagePack document, each value in its shortest form. The same functions as JsonWriter; fails only for a
// string, array or map of 2^32 or more.
class MsgPackWriter {
 public:
  // Its readers have the same structs, and keep what is not there as it was initialised.
  static constexpr bool kOmitsInitial = true;

  MsgPackWriter() : bytes_(kUsual) {}

  bool null() { return code(0xc0); }
  bool boolean(bool value) { return code(value ? 0xc3 : 0xc2); }
  bool integer(std::int64_t value) { return value >= 0 ? integer(static_cast<std::uint64_t>(value)) : negative(value); }
  bool integer(std::uint64_t value) { return value < 0x80 ? code(static_cast<std::uint8_t>(value)) : wide(value); }
  bool number(double value);
  bool number(float value);
  bool string(std::string_view value);
  bool bytes(std::string_view value);

  bool begin_array(std::size_t size) {
    return size < 16 ? code(static_cast<std::uint8_t>(0x90 | size)) : long_array(size);
  }
  bool end_array() { return true; }
  bool begin_object(std::size_t size) {
    return size < 16 ? code(static_cast<std::uint8_t>(0x80 | size)) : long_object(size);
  }
  bool end_object() { return true; }
  bool key(std::string_view key) { return string(key); }
  // Its size is known where it is called.
  bool field(std::string_view name) {
    if (name.size() >= 32) return string(name);
    char* const at = bytes_.room(1 + name.size());
    *at = static_cast<char>(0xa0 | name.size());
    bytes_.end_at(at + 1 + name.copy(at + 1, name.size()));
    return true;
  }

  bool refuse(std::string why);

  const std::string& error() const { return error_; }
  std::string take() { return bytes_.take(); }

 private:
  static constexpr std::size_t kUsual = 128;

  bool code(std::uint8_t code) {
    bytes_.push(static_cast<char>(code));
    return true;
  }
  template <class Unsigned>
  bool put(std::uint8_t code, Unsigned value);
  bool negative(std::int64_t value);
  bool wide(std::uint64_t value);
  bool long_array(std::size_t size);
  bool long_object(std::size_t size);

  GrowingText bytes_;
  std::string error_;
};

}  // namespace manta::detail
