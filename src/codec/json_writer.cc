#include <manta/detail/json_writer.h>

#include <charconv>
#include <cmath>
#include <string_view>

#include "codec/base64.h"
#include "codec/json_text.h"

namespace manta::detail {

template <class Int>
bool JsonWriter::write_integer(Int value) {
  separate();
  constexpr std::size_t kMost = 20;
  char* const at = text_.room(kMost);
  text_.end_at(std::to_chars(at, at + kMost, value).ptr);
  return true;
}

bool JsonWriter::integer(std::int64_t value) { return write_integer(value); }
bool JsonWriter::integer(std::uint64_t value) { return write_integer(value); }

template <class Float>
bool JsonWriter::write_float(Float value) {
  if (!std::isfinite(value)) return refuse(std::isnan(value) ? "NaN has no JSON form" : "an infinity has no JSON form");
  separate();
  char digits[48];
  const char* end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  const std::string_view text(digits, static_cast<std::size_t>(end - digits));
  text_.append(text);
  if (text.find_first_of(".e") == std::string_view::npos) text_.append(".0");
  return true;
}

bool JsonWriter::number(double value) { return write_float(value); }
bool JsonWriter::number(float value) { return write_float(value); }

bool JsonWriter::string(std::string_view value) {
  separate();
  return codec::append_json_string(text_, value) || refuse("a string is not UTF-8 (bytes belong in a Blob)");
}

bool JsonWriter::bytes(std::string_view value) {
  separate();
  text_.push('"');
  codec::append_base64(text_, value);
  text_.push('"');
  return true;
}

bool JsonWriter::key(std::string_view key) {
  separate();
  comma_ = false;
  if (!codec::append_json_string(text_, key)) return refuse("a key is not UTF-8");
  text_.push(':');
  return true;
}

bool JsonWriter::refuse(std::string why) {
  error_ = std::move(why);
  return false;
}

}  // namespace manta::detail
