#include <manta/detail/msgpack_reader.h>

#include <bit>

// The format: https://github.com/msgpack/msgpack/blob/master/spec.md
namespace manta::detail {
namespace {

std::string_view text(const std::uint8_t* bytes, std::uint64_t size) {
  return {reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size)};
}

}  // namespace

MsgPackReader::MsgPackReader(std::string_view bytes, const ReadLimits& limits)
    : begin_(reinterpret_cast<const std::uint8_t*>(bytes.data())),
      next_(begin_),
      end_(begin_ + bytes.size()),
      depth_left_(limits.max_depth) {
  if (bytes.size() > limits.max_bytes)
    broken("larger than the limit of " + std::to_string(limits.max_bytes) + " bytes");
}

bool MsgPackReader::broken(std::string_view why) {
  if (ok()) error_ = "not valid MessagePack: " + std::string(why) + " at byte " + std::to_string(next_ - begin_);
  next_ = end_;
  return false;
}

ValueKind MsgPackReader::kind() const {
  if (next_ == end_) return ValueKind::Invalid;
  const std::uint8_t code = *next_;
  if (code < 0x80 || code >= 0xe0) return ValueKind::Integer;
  if (code < 0x90) return ValueKind::Object;
  if (code < 0xa0) return ValueKind::Array;
  if (code < 0xc0) return ValueKind::String;
  if (code == 0xc0) return ValueKind::Null;
  if (code == 0xc1) return ValueKind::Invalid;
  if (code <= 0xc3) return ValueKind::Bool;
  if (code <= 0xc6) return ValueKind::Bytes;
  if (code <= 0xc9) return ValueKind::Extension;
  if (code <= 0xcb) return ValueKind::Float;
  if (code <= 0xd3) return ValueKind::Integer;
  if (code <= 0xd8) return ValueKind::Extension;
  if (code <= 0xdb) return ValueKind::String;
  return code <= 0xdd ? ValueKind::Array : ValueKind::Object;
}

bool MsgPackReader::ends_early() { return broken("it ends in the middle of a value"); }

bool MsgPackReader::take(std::size_t count, const std::uint8_t*& bytes) {
  if (count > remaining()) return ends_early();
  bytes = next_;
  next_ += count;
  return true;
}

bool MsgPackReader::take_big_endian(unsigned width, std::uint64_t& value) {
  const std::uint8_t* bytes = nullptr;
  if (!take(width, bytes)) return false;
  value = 0;
  for (unsigned i = 0; i < width; ++i) value = value << 8 | bytes[i];
  return true;
}

bool MsgPackReader::read_bool(bool& value) {
  if (kind() != ValueKind::Bool) return false;
  value = *next_++ == 0xc3;
  return true;
}

bool MsgPackReader::read_wide(std::int64_t& value, bool& range) {
  if (kind() != ValueKind::Integer) return false;
  const Position start = next_;
  const std::uint8_t code = *next_++;
  std::uint64_t bits = 0;
  const unsigned width = 1u << (code & 3);  // 0xcc..0xcf unsigned, 0xd0..0xd3 signed
  if (!take_big_endian(width, bits)) return false;
  if (code < 0xd0) {
    value = static_cast<std::int64_t>(bits);
    range = value < 0;
    if (range) next_ = start;
    return !range;
  }
  const unsigned unused = 64 - 8 * width;
  value = static_cast<std::int64_t>(bits << unused) >> unused;
  return true;
}

bool MsgPackReader::read_unsigned(std::uint64_t& value, bool& range) {
  const Position start = next_;
  if (next_ != end_ && *next_ == 0xcf) {
    ++next_;
    return take_big_endian(8, value);
  }
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

bool MsgPackReader::read_double(double& value) {
  if (kind() == ValueKind::Integer) {
    bool range = false;
    std::int64_t number = 0;
    std::uint64_t large = 0;
    if (read_signed(number, range))
      value = static_cast<double>(number);
    else if (range && read_unsigned(large, range))
      value = static_cast<double>(large);
    return ok();
  }
  if (kind() != ValueKind::Float) return false;
  const bool single = *next_++ == 0xca;
  std::uint64_t bits = 0;
  if (!take_big_endian(single ? 4 : 8, bits)) return false;
  value = single ? std::bit_cast<float>(static_cast<std::uint32_t>(bits)) : std::bit_cast<double>(bits);
  return true;
}

// The length of a str or bin whose code with an 8-bit length is `first_code`; the two wider ones follow it.
bool MsgPackReader::read_length(std::uint8_t first_code, std::uint64_t& length) {
  const unsigned width = 1u << (*next_++ - first_code);
  return take_big_endian(width, length);
}

bool MsgPackReader::read_long_string(std::string_view& value) {
  if (kind() != ValueKind::String) return false;
  std::uint64_t length = 0;
  const std::uint8_t* bytes = nullptr;
  if (!read_length(0xd9, length) || !take(length, bytes)) return false;
  value = text(bytes, length);
  return true;
}

bool MsgPackReader::read_bytes(std::string& value) {
  if (kind() != ValueKind::Bytes) return false;
  std::uint64_t length = 0;
  const std::uint8_t* bytes = nullptr;
  if (!read_length(0xc4, length) || !take(length, bytes)) return false;
  value.assign(text(bytes, length));
  return true;
}

bool MsgPackReader::begin(Container& container, std::uint8_t fix, std::uint8_t wide, unsigned values_per_item) {
  const std::uint8_t code = *next_++;
  if (code < 0xa0)
    container.left = code - fix;
  else if (!take_big_endian(code == wide ? 2 : 4, container.left))
    return false;
  if (container.left * values_per_item > remaining()) return broken("a length beyond its end");
  if (depth_left_ < (container.left > 0 ? 2 : 1)) return broken("nested too deep");  // its elements are a level too
  --depth_left_;
  return true;
}

bool MsgPackReader::begin_array(Container& array) { return kind() == ValueKind::Array && begin(array, 0x90, 0xdc, 1); }
bool MsgPackReader::begin_object(Container& object) {
  return kind() == ValueKind::Object && begin(object, 0x80, 0xde, 2);
}

std::size_t MsgPackReader::size_hint() const {
  if (kind() != ValueKind::Array) return 0;
  if (*next_ < 0xa0) return *next_ & 0x0f;
  MsgPackReader ahead(*this);
  Container array;
  return ahead.begin_array(array) ? static_cast<std::size_t>(array.left) : 0;
}

// Passes one value, adding to `pending` the values inside it.
bool MsgPackReader::skip_one(std::uint64_t& pending) {
  if (next_ == end_) return ends_early();
  const std::uint8_t code = *next_++;
  const std::uint8_t* bytes = nullptr;
  std::uint64_t size = 0;
  if (code < 0x80 || code >= 0xe0 || code == 0xc0 || code == 0xc2 || code == 0xc3) return true;
  if (code < 0x90) return pending += 2 * (code & 0x0fu), true;
  if (code < 0xa0) return pending += code & 0x0fu, true;
  if (code < 0xc0) return take(code & 0x1fu, bytes);
  if (code >= 0xc4 && code <= 0xc6) return take_big_endian(1u << (code - 0xc4), size) && take(size, bytes);
  if (code >= 0xc7 && code <= 0xc9) return take_big_endian(1u << (code - 0xc7), size) && take(size + 1, bytes);
  if (code == 0xca || code == 0xcb) return take(code == 0xca ? 4 : 8, bytes);
  if (code >= 0xcc && code <= 0xd3) return take(1u << (code & 3), bytes);
  if (code >= 0xd4 && code <= 0xd8) return take((1u << (code - 0xd4)) + 1, bytes);
  if (code >= 0xd9 && code <= 0xdb) return take_big_endian(1u << (code - 0xd9), size) && take(size, bytes);
  if (code == 0xc1) return broken("a reserved byte");
  if (!take_big_endian(code & 1 ? 4 : 2, size)) return false;  // 0xdc, 0xdd array; 0xde, 0xdf map
  return pending += code >= 0xde ? 2 * size : size, true;
}

void MsgPackReader::skip() {
  for (std::uint64_t pending = 1; pending > 0; --pending) {
    if (!skip_one(pending)) return;
    if (pending - 1 > remaining()) {
      broken("a length beyond its end");
      return;
    }
  }
}

bool MsgPackReader::at_end() {
  if (!ok()) return false;
  return next_ == end_ || broken("bytes after the value");
}

}  // namespace manta::detail
