#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace manta::detail {

// Writes one MessagePack document, each value in its shortest form. The same functions as JsonWriter; fails only for a
// string, array or map of 2^32 or more.
class MsgPackWriter {
 public:
  MsgPackWriter() { bytes_.reserve(128); }

  bool null();
  bool boolean(bool value);
  bool integer(std::int64_t value);
  bool integer(std::uint64_t value);
  bool number(double value);
  bool number(float value);
  bool string(std::string_view value);
  bool bytes(std::string_view value);

  bool begin_array(std::size_t size);
  bool end_array() { return true; }
  bool begin_object(std::size_t size);
  bool end_object() { return true; }
  bool key(std::string_view key) { return string(key); }
  bool field(std::string_view name) { return string(name); }

  bool refuse(std::string why);

  const std::string& error() const { return error_; }
  std::string take() { return std::move(bytes_); }

 private:
  template <class Unsigned>
  void put(std::uint8_t code, Unsigned value);

  std::string bytes_;
  std::string error_;
};

}  // namespace manta::detail
