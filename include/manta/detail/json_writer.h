#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <manta/detail/growing_text.h>

namespace manta::detail {

// Writes one compact JSON document into a string. Functions return false, and text() is of no use, when a value has no
// JSON form (NaN, infinities, text that is not UTF-8); error() says which.
class JsonWriter {
 public:
  static constexpr bool kOmitsInitial = false;

  JsonWriter() : text_(kUsual) {}
  // Writes behind what is in `text` already.
  explicit JsonWriter(std::string text) : text_(std::move(text)) {}

  bool null() { return word("null"); }
  bool boolean(bool value) { return word(value ? "true" : "false"); }
  bool integer(std::int64_t value);
  bool integer(std::uint64_t value);
  bool number(double value);  // shortest text that reads back equal; keeps a ".0" so that it stays a float
  bool number(float value);
  bool string(std::string_view value);
  bool bytes(std::string_view value);  // base64

  // The size is for formats that count; JSON ignores it.
  bool begin_array(std::size_t) { return begin('['); }
  bool end_array() { return end(']'); }
  bool begin_object(std::size_t) { return begin('{'); }
  bool end_object() { return end('}'); }
  bool key(std::string_view key);
  // A key that is a C++ identifier and so needs no escapes. Its size is known where it is called.
  bool field(std::string_view name) {
    char* const at = text_.room(name.size() + 4);
    char* next = at;
    *next = ',';
    next += comma_ ? 1 : 0;
    comma_ = false;
    *next++ = '"';
    next += name.copy(next, name.size());
    *next++ = '"';
    *next++ = ':';
    text_.end_at(next);
    return true;
  }

  // Fails with this error.
  bool refuse(std::string why);

  const std::string& error() const { return error_; }
  std::string_view text() const { return text_.view(); }
  std::string take() { return text_.take(); }

 private:
  static constexpr std::size_t kUsual = 256;

  template <class Float>
  bool write_float(Float value);
  template <class Int>
  bool write_integer(Int value);
  void separate() {
    if (comma_) text_.push(',');
    comma_ = true;
  }
  bool word(std::string_view text) {
    separate();
    text_.append(text);
    return true;
  }
  bool begin(char bracket) {
    if (comma_) text_.push(',');
    text_.push(bracket);
    comma_ = false;
    return true;
  }
  bool end(char bracket) {
    text_.push(bracket);
    comma_ = true;
    return true;
  }

  GrowingText text_;
  std::string error_;
  bool comma_ = false;  // the next value or key needs one before it
};

}  // namespace manta::detail
