#include <manta/detail/json_reader.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <memory>
#include <utility>

#include <simdjson.h>

#include "codec/base64.h"
#include "codec/json_diagnosis.h"

// Values are read from simdjson's tape (its doc/tape.md): one 64-bit word per value, the kind in the top byte; strings
// point into a buffer of length-prefixed text, an object or array to the word after its end, and a number fills the
// word after its own.
namespace manta::detail {

class JsonParser {
 public:
  // One that this thread has used before, or a new one. More than one is in use when a validate() reads another
  // document.
  static JsonParser* acquire() {
    if (!spare_) return new JsonParser();
    JsonParser* parser = spare_.release();
    spare_ = std::move(parser->next_);
    return parser;
  }

  static void release(JsonParser* parser) {
    std::unique_ptr<JsonParser> owned(parser);
    constexpr std::size_t kLargestKept = 1 << 20;
    if (parser->simd.capacity() > kLargestKept) return;
    parser->next_ = std::move(spare_);
    spare_ = std::move(owned);
  }

  simdjson::error_code parse(JsonText json, std::size_t max_depth) {
    const std::string_view text = json.view;
    if (max_depth != max_depth_) {
      simd = simdjson::dom::parser();
      max_depth_ = max_depth;
    }
    constexpr std::size_t kSmallest = 1024;  // grown by doubling: a parser is reallocated for each larger text
    if (text.size() > simd.capacity() || simd.capacity() == 0)
      if (const auto error = simd.allocate(std::max(kSmallest, std::bit_ceil(text.size())), max_depth)) return error;
    const bool to_copy = json.spare < simdjson::SIMDJSON_PADDING;
    return simd.parse(text.data(), text.size(), to_copy).error();
  }

  simdjson::dom::parser simd;

 private:
  std::size_t max_depth_ = 0;
  std::unique_ptr<JsonParser> next_;
  static thread_local std::unique_ptr<JsonParser> spare_;
};

thread_local std::unique_ptr<JsonParser> JsonParser::spare_;

namespace {

std::size_t payload(std::uint64_t word) { return word & ((std::uint64_t{1} << 56) - 1); }

constexpr double kExact = 9007199254740992;  // up to here a double holds every integer

}  // namespace

JsonReader::JsonReader(JsonText json, const ReadLimits& limits) : parser_(JsonParser::acquire()) {
  const std::string_view text = json.view;
  if (text.size() > limits.max_bytes) {
    error_ = "JSON of " + std::to_string(text.size()) + " bytes; the limit is " + std::to_string(limits.max_bytes);
    return;
  }
  if (const simdjson::error_code error = parser_->parse(json, limits.max_depth)) {
    error_ = codec::diagnose_json(text, limits.max_depth, simdjson::error_message(error));
    return;
  }
  begin_ = parser_->simd.doc.tape.get();
  next_ = begin_ + 1;
  strings_ = parser_->simd.doc.string_buf.get();
}

JsonReader::~JsonReader() { JsonParser::release(parser_); }

ValueKind JsonReader::kind() const {
  if (!next_) return ValueKind::Invalid;
  switch (tag_of(*next_)) {
    case 'n':
      return ValueKind::Null;
    case 't':
    case 'f':
      return ValueKind::Bool;
    case 'l':
    case 'u':
      return ValueKind::Integer;
    case 'd':
      return ValueKind::Float;
    case '"':
      return ValueKind::String;
    case '[':
      return ValueKind::Array;
    case '{':
      return ValueKind::Object;
    default:
      return ValueKind::Invalid;
  }
}

bool JsonReader::read_null() {
  if (!next_ || tag_of(*next_) != 'n') return false;
  ++next_;
  return true;
}

bool JsonReader::read_bool(bool& value) {
  if (kind() != ValueKind::Bool) return false;
  value = tag_of(*next_++) == 't';
  return true;
}

bool JsonReader::read_signed(std::int64_t& value, bool& range) {
  if (!next_) return false;
  switch (tag_of(*next_)) {
    case 'l':
      value = std::bit_cast<std::int64_t>(next_[1]);
      break;
    case 'u':
      range = true;
      return false;
    case 'd': {
      const auto number = std::bit_cast<double>(next_[1]);
      range = std::fabs(number) > kExact;  // whole, but too large to be sure which integer was meant
      if (range || std::trunc(number) != number) return false;
      value = static_cast<std::int64_t>(number);
      break;
    }
    default:
      return false;
  }
  next_ += 2;
  return true;
}

bool JsonReader::read_unsigned(std::uint64_t& value, bool& range) {
  if (next_ && tag_of(*next_) == 'u') {
    value = next_[1];
    next_ += 2;
    return true;
  }
  const Position start = next_;
  std::int64_t number = 0;
  if (!read_signed(number, range)) return false;
  if (number < 0) {
    next_ = start;
    range = true;
    return false;
  }
  value = static_cast<std::uint64_t>(number);
  return true;
}

bool JsonReader::read_double(double& value) {
  if (!next_) return false;
  switch (tag_of(*next_)) {
    case 'd':
      value = std::bit_cast<double>(next_[1]);
      break;
    case 'l':
      value = static_cast<double>(std::bit_cast<std::int64_t>(next_[1]));
      break;
    case 'u':
      value = static_cast<double>(next_[1]);
      break;
    default:
      return false;
  }
  next_ += 2;
  return true;
}

bool JsonReader::read_bytes(std::string& value) {
  const Position start = next_;
  std::string_view text;
  if (read_string(text) && codec::decode_base64(text, value)) return true;
  next_ = start;
  return false;
}

std::size_t JsonReader::count(const Container&) const {
  std::size_t values = 0;
  const std::uint64_t* word = next_;
  for (; tag_of(*word) != ']' && tag_of(*word) != '}'; ++values) word = after(word);
  return tag_of(*word) == '}' ? values / 2 : values;
}

std::size_t JsonReader::size_hint() const { return kind() == ValueKind::Array ? payload(*next_) >> 32 : 0; }

const std::uint64_t* JsonReader::after(const std::uint64_t* word) const {
  switch (tag_of(*word)) {
    case 'l':
    case 'u':
    case 'd':
      return word + 2;
    case '[':
    case '{':
      return begin_ + static_cast<std::uint32_t>(*word);
    default:
      return word + 1;
  }
}

void JsonReader::skip() {
  if (next_) next_ = after(next_);
}

}  // namespace manta::detail
