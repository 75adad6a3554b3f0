#include <manta/detail/msgpack_writer.h>

#include <bit>
#include <cstring>
#include <limits>

namespace manta::detail {
namespace {

template <class Small>
bool fits(std::int64_t value) {
  return value >= std::numeric_limits<Small>::min() && value <= std::numeric_limits<Small>::max();
}

}  // namespace

template <class Unsigned>
bool MsgPackWriter::put(std::uint8_t code, Unsigned value) {
  const Unsigned big_endian = std::byteswap(value);
  char* const at = bytes_.room(1 + sizeof value);
  *at = static_cast<char>(code);
  std::memcpy(at + 1, &big_endian, sizeof value);
  bytes_.end_at(at + 1 + sizeof value);
  return true;
}

bool MsgPackWriter::wide(std::uint64_t value) {
  if (value <= 0xff) return put(0xcc, static_cast<std::uint8_t>(value));
  if (value <= 0xffff) return put(0xcd, static_cast<std::uint16_t>(value));
  if (value <= 0xffffffff) return put(0xce, static_cast<std::uint32_t>(value));
  return put(0xcf, value);
}

bool MsgPackWriter::negative(std::int64_t value) {
  if (value >= -32) return code(static_cast<std::uint8_t>(value));
  if (fits<std::int8_t>(value)) return put(0xd0, static_cast<std::uint8_t>(value));
  if (fits<std::int16_t>(value)) return put(0xd1, static_cast<std::uint16_t>(value));
  if (fits<std::int32_t>(value)) return put(0xd2, static_cast<std::uint32_t>(value));
  return put(0xd3, static_cast<std::uint64_t>(value));
}

bool MsgPackWriter::number(double value) { return put(0xcb, std::bit_cast<std::uint64_t>(value)); }
bool MsgPackWriter::number(float value) { return put(0xca, std::bit_cast<std::uint32_t>(value)); }

bool MsgPackWriter::string(std::string_view value) {
  if (value.size() < 32) return field(value);
  if (value.size() <= 0xff)
    put(0xd9, static_cast<std::uint8_t>(value.size()));
  else if (value.size() <= 0xffff)
    put(0xda, static_cast<std::uint16_t>(value.size()));
  else if (value.size() <= 0xffffffff)
    put(0xdb, static_cast<std::uint32_t>(value.size()));
  else
    return refuse("a string of 4 GiB or more");
  bytes_.append(value);
  return true;
}

bool MsgPackWriter::bytes(std::string_view value) {
  if (value.size() <= 0xff)
    put(0xc4, static_cast<std::uint8_t>(value.size()));
  else if (value.size() <= 0xffff)
    put(0xc5, static_cast<std::uint16_t>(value.size()));
  else if (value.size() <= 0xffffffff)
    put(0xc6, static_cast<std::uint32_t>(value.size()));
  else
    return refuse("bytes of 4 GiB or more");
  bytes_.append(value);
  return true;
}

bool MsgPackWriter::long_array(std::size_t size) {
  if (size <= 0xffff) return put(0xdc, static_cast<std::uint16_t>(size));
  if (size <= 0xffffffff) return put(0xdd, static_cast<std::uint32_t>(size));
  return refuse("an array of 2^32 elements or more");
}

bool MsgPackWriter::long_object(std::size_t size) {
  if (size <= 0xffff) return put(0xde, static_cast<std::uint16_t>(size));
  if (size <= 0xffffffff) return put(0xdf, static_cast<std::uint32_t>(size));
  return refuse("a map of 2^32 keys or more");
}

bool MsgPackWriter::refuse(std::string why) {
  error_ = std::move(why);
  return false;
}

}  // namespace manta::detail
