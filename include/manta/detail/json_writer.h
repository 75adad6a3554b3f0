#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace manta::detail {

// Writes one compact JSON document into a string. Functions return false, and text() is of no use, when a value has no
// JSON form (NaN, infinities, text that is not UTF-8); error() says which.
class JsonWriter {
 public:
  JsonWriter() { text_.reserve(256); }
  // Writes behind what is in `text` already.
  explicit JsonWriter(std::string text) : text_(std::move(text)) {}

  bool null();
  bool boolean(bool value);
  bool integer(std::int64_t value);
  bool integer(std::uint64_t value);
  bool number(double value);  // shortest text that reads back equal; keeps a ".0" so that it stays a float
  bool number(float value);
  bool string(std::string_view value);
  bool bytes(std::string_view value);  // base64

  // The size is for formats that count; JSON ignores it.
  bool begin_array(std::size_t size);
  bool end_array();
  bool begin_object(std::size_t size);
  bool end_object();
  bool key(std::string_view key);
  // A key that is a C++ identifier and so needs no escapes.
  bool field(std::string_view name);

  // Fails with this error.
  bool refuse(std::string why);

  const std::string& error() const { return error_; }
  const std::string& text() const { return text_; }
  std::string take() { return std::move(text_); }

 private:
  template <class Float>
  bool write_float(Float value);
  template <class Int>
  bool write_integer(Int value);
  void separate();

  std::string text_;
  std::string error_;
  bool comma_ = false;  // the next value or key needs one before it
};

}  // namespace manta::detail
