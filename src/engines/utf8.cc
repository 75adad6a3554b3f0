#include "engines/utf8.h"

namespace manta::engines {
namespace {

struct Lead {
  std::size_t size;           // 0: no sequence starts with this byte
  unsigned char least, most;  // range of the second byte
};

Lead lead_of(unsigned char byte) {
  if (byte < 0x80) return {1, 0, 0};
  if (byte < 0xC2) return {0, 0, 0};
  if (byte < 0xE0) return {2, 0x80, 0xBF};
  if (byte < 0xF0) {
    const unsigned char least = byte == 0xE0 ? 0xA0 : 0x80, most = byte == 0xED ? 0x9F : 0xBF;
    return {3, least, most};
  }
  if (byte > 0xF4) return {0, 0, 0};
  const unsigned char least = byte == 0xF0 ? 0x90 : 0x80, most = byte == 0xF4 ? 0x8F : 0xBF;
  return {4, least, most};
}

}  // namespace

Utf8Sequence utf8_sequence(std::string_view bytes) {
  const Lead lead = lead_of(static_cast<unsigned char>(bytes[0]));
  if (lead.size == 0) return {Utf8::Invalid, 1};
  for (std::size_t i = 1; i < lead.size; ++i) {
    if (i == bytes.size()) return {Utf8::Incomplete, i};
    const auto byte = static_cast<unsigned char>(bytes[i]);
    const unsigned char least = i == 1 ? lead.least : 0x80, most = i == 1 ? lead.most : 0xBF;
    if (byte < least || byte > most) return {Utf8::Invalid, i};
  }
  return {Utf8::Valid, lead.size};
}

std::size_t utf8_valid_prefix(std::string_view bytes) {
  std::size_t at = 0;
  while (at < bytes.size()) {
    const Utf8Sequence next = utf8_sequence(bytes.substr(at));
    if (next.kind != Utf8::Valid) break;
    at += next.size;
  }
  return at;
}

}  // namespace manta::engines
