#include "codec/base64.h"

#include <array>
#include <cstdint>

namespace manta::codec {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t kNone = 0xff;

constexpr auto kValues = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(kNone);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i)
    values[static_cast<std::uint8_t>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
  return values;
}();

// The value of up to four characters, 6 bits each; false when one is not of the alphabet.
bool decode_group(std::string_view group, std::uint32_t& bits) {
  bits = 0;
  for (const char c : group) {
    const std::uint8_t value = kValues[static_cast<std::uint8_t>(c)];
    if (value == kNone) return false;
    bits = bits << 6 | value;
  }
  return true;
}

char low_byte(std::uint32_t bits) { return static_cast<char>(static_cast<std::uint8_t>(bits & 0xff)); }

}  // namespace

void append_base64(detail::GrowingText& out, std::string_view bytes) {
  char* to = out.room((bytes.size() + 2) / 3 * 4);
  const auto at = [&](std::size_t i) { return std::uint32_t{static_cast<std::uint8_t>(bytes[i])}; };
  const auto write = [&to](std::uint32_t bits, int letters) {
    for (int i = 0; i < 4; ++i) *to++ = i < letters ? kAlphabet[bits >> (18 - 6 * i) & 63] : '=';
  };
  std::size_t i = 0;
  for (; i + 3 <= bytes.size(); i += 3) write(at(i) << 16 | at(i + 1) << 8 | at(i + 2), 4);
  if (bytes.size() - i == 1) write(at(i) << 16, 2);
  if (bytes.size() - i == 2) write(at(i) << 16 | at(i + 1) << 8, 3);
  out.end_at(to);
}

std::string base64(std::string_view bytes) {
  detail::GrowingText out((bytes.size() + 2) / 3 * 4);
  append_base64(out, bytes);
  return out.take();
}

bool decode_base64(std::string_view text, std::string& bytes) {
  bytes.clear();
  if (text.size() % 4 != 0) return false;
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
  bytes.reserve(text.size() / 4 * 3);
  std::uint32_t bits = 0;
  while (text.size() > (padding ? 4 : 0)) {
    if (!decode_group(text.substr(0, 4), bits)) return false;
    bytes.append({low_byte(bits >> 16), low_byte(bits >> 8), low_byte(bits)});
    text.remove_prefix(4);
  }
  if (padding == 0) return true;
  if (!decode_group(text.substr(0, 4 - padding), bits)) return false;
  const std::uint32_t spare = padding == 1 ? 3 : 15;
  if ((bits & spare) != 0) return false;
  if (padding == 1)
    bytes.append({low_byte(bits >> 10), low_byte(bits >> 2)});
  else
    bytes.push_back(low_byte(bits >> 4));
  return true;
}

}  // namespace manta::codec
