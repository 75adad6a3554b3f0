#include <manta/detail/msgpack_writer.h>

#include <bit>
#include <limits>

namespace manta::detail {
namespace {

template <class Small>
bool fits(std::int64_t value) {
  return value >= std::numeric_limits<Small>::min() && value <= std::numeric_limits<Small>::max();
}

}  // namespace

template <class Unsigned>
void MsgPackWriter::put(std::uint8_t code, Unsigned value) {
  char bytes[1 + sizeof value];
  bytes[0] = static_cast<char>(code);
  for (std::size_t i = 0; i < sizeof value; ++i)
    bytes[1 + i] = static_cast<char>(static_cast<std::uint8_t>(value >> (8 * (sizeof value - 1 - i)) & 0xff));
  bytes_.append(bytes, sizeof bytes);
}

bool MsgPackWriter::null() {
  bytes_.push_back('\xc0');
  return true;
}

bool MsgPackWriter::boolean(bool value) {
  bytes_.push_back(value ? '\xc3' : '\xc2');
  return true;
}

bool MsgPackWriter::integer(std::uint64_t value) {
  if (value < 0x80)
    bytes_.push_back(static_cast<char>(value));
  else if (value <= 0xff)
    put(0xcc, static_cast<std::uint8_t>(value));
  else if (value <= 0xffff)
    put(0xcd, static_cast<std::uint16_t>(value));
  else if (value <= 0xffffffff)
    put(0xce, static_cast<std::uint32_t>(value));
  else
    put(0xcf, value);
  return true;
}

bool MsgPackWriter::integer(std::int64_t value) {
  if (value >= 0) return integer(static_cast<std::uint64_t>(value));
  if (value >= -32)
    bytes_.push_back(static_cast<char>(value));
  else if (fits<std::int8_t>(value))
    put(0xd0, static_cast<std::uint8_t>(value));
  else if (fits<std::int16_t>(value))
    put(0xd1, static_cast<std::uint16_t>(value));
  else if (fits<std::int32_t>(value))
    put(0xd2, static_cast<std::uint32_t>(value));
  else
    put(0xd3, static_cast<std::uint64_t>(value));
  return true;
}

bool MsgPackWriter::number(double value) {
  put(0xcb, std::bit_cast<std::uint64_t>(value));
  return true;
}

bool MsgPackWriter::number(float value) {
  put(0xca, std::bit_cast<std::uint32_t>(value));
  return true;
}

bool MsgPackWriter::string(std::string_view value) {
  if (value.size() < 32)
    bytes_.push_back(static_cast<char>(0xa0 | value.size()));
  else if (value.size() <= 0xff)
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

bool MsgPackWriter::begin_array(std::size_t size) {
  if (size < 16)
    bytes_.push_back(static_cast<char>(0x90 | size));
  else if (size <= 0xffff)
    put(0xdc, static_cast<std::uint16_t>(size));
  else if (size <= 0xffffffff)
    put(0xdd, static_cast<std::uint32_t>(size));
  else
    return refuse("an array of 2^32 elements or more");
  return true;
}

bool MsgPackWriter::begin_object(std::size_t size) {
  if (size < 16)
    bytes_.push_back(static_cast<char>(0x80 | size));
  else if (size <= 0xffff)
    put(0xde, static_cast<std::uint16_t>(size));
  else if (size <= 0xffffffff)
    put(0xdf, static_cast<std::uint32_t>(size));
  else
    return refuse("a map of 2^32 keys or more");
  return true;
}

bool MsgPackWriter::refuse(std::string why) {
  error_ = std::move(why);
  return false;
}

}  // namespace manta::detail
