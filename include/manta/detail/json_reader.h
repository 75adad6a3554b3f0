#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include <manta/detail/value_kind.h>

namespace manta::detail {

class JsonParser;

// A JSON text. The parser reads some bytes behind it, whatever they are: a string that has them to spare is parsed
// where it is, anything else is copied first.
struct JsonText {
  JsonText(std::string_view text) : view(text) {}
  JsonText(const char* text) : view(text) {}
  JsonText(const std::string& text) : view(text), spare(text.capacity() - text.size()) {}

  std::string_view view;
  std::size_t spare = 0;
};

// Reads one JSON document value by value. The text is parsed and validated whole (grammar, UTF-8, depth, size) by the
// constructor, so that a half-decoded value never comes from a broken document. String views live as long as the
// reader. A read_*() of another kind of value returns false and moves nothing; ok() tells that apart from a broken
// document.
class JsonReader {
 public:
  struct Container {};

  explicit JsonReader(JsonText text, const ReadLimits& limits = {});
  ~JsonReader();
  JsonReader(const JsonReader&) = delete;
  JsonReader& operator=(const JsonReader&) = delete;

  bool ok() const { return error_.empty(); }
  // Why the document is broken, with line and column; empty while ok().
  const std::string& error() const { return error_; }

  // Of the value that comes next; Invalid when the document is broken.
  ValueKind kind() const;

  bool read_null();
  bool read_bool(bool& value);
  // Integers and floats without a fraction up to 2^53. `range` is set when the number does not fit.
  bool read_signed(std::int64_t& value, bool& range);
  bool read_unsigned(std::uint64_t& value, bool& range);
  bool read_double(double& value);
  bool read_string(std::string_view& value) {
    if (!next_is('"')) return false;
    value = text_at(*next_++);
    return true;
  }
  // From base64 text; false also when the text is not base64.
  bool read_bytes(std::string& value);

  // while (next_element(c)) read one value; while (next_key(c, key)) read one value.
  bool begin_array(Container&) { return next_is('[') && ++next_; }
  bool next_element(Container&) { return !(next_is(']') && ++next_); }
  bool begin_object(Container&) { return next_is('{') && ++next_; }
  bool next_key(Container&, std::string_view& key) {
    if (next_is('}') && ++next_) return false;
    key = text_at(*next_++);
    return true;
  }
  // How many elements or keys the container just begun has; walks over them.
  std::size_t count(const Container& container) const;
  // How many elements an array that comes next has (0 = not known): for reserving, never beyond the bytes that are
  // there.
  std::size_t size_hint() const;
  void skip();

  // The place of the next value, to come back to.
  using Position = const std::uint64_t*;
  Position position() const { return next_; }
  void seek(Position position) { next_ = position; }

 private:
  const std::uint64_t* after(const std::uint64_t* word) const;
  // The tape is simdjson's: words of a kind in the top byte and a payload; see the source file.
  static char tag_of(std::uint64_t word) { return static_cast<char>(word >> 56); }
  bool next_is(char tag) const { return next_ && tag_of(*next_) == tag; }
  std::string_view text_at(std::uint64_t word) const {
    constexpr std::uint64_t kPayload = (std::uint64_t{1} << 56) - 1;
    const std::uint8_t* place = strings_ + (word & kPayload);
    std::uint32_t size;
    std::memcpy(&size, place, sizeof size);
    return {reinterpret_cast<const char*>(place + sizeof size), size};
  }

  JsonParser* parser_;  // one of this thread's, returned by the destructor
  const std::uint64_t* next_ = nullptr;
  const std::uint64_t* begin_ = nullptr;
  const std::uint8_t* strings_ = nullptr;
  std::string error_;
};

}  // namespace manta::detail
