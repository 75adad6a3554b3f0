#include "net/field_rules.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace manta::net {
namespace {

// 1: of any token, 2: of a lower-case name.
constexpr auto kTokenBytes = [] {
  std::array<std::uint8_t, 256> table{};
  for (unsigned char c = 'A'; c <= 'Z'; ++c) table[c] = 1;
  for (unsigned char c = 'a'; c <= 'z'; ++c) table[c] = 3;
  for (unsigned char c = '0'; c <= '9'; ++c) table[c] = 3;
  for (const char c : std::string_view("!#$%&'*+-.^_`|~")) table[static_cast<unsigned char>(c)] = 3;
  return table;
}();

bool all_are(std::uint8_t kind, std::string_view text) {
  std::uint8_t common = kind;
  for (const char c : text) common &= kTokenBytes[static_cast<unsigned char>(c)];
  return !text.empty() && common == kind;
}

bool is_value(std::string_view value) {
  std::size_t control = find_control(value);
  while (control < value.size() && value[control] == '\t') control = find_control(value, control + 1);
  return control == value.size();
}

constexpr bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

#ifdef __SSE2__

// One bit for each of 16 bytes.
unsigned controls(const char* block) {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(block));
  const __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1f)), bytes);
  return static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(low, _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7f)))));
}

#endif

}  // namespace

bool is_hop_by_hop(std::string_view name) {
  switch (name.size()) {
    case 2:
      return name == "te";
    case 7:
      return name == "upgrade";
    case 10:
      return name == "connection" || name == "keep-alive";
    case 16:
      return name == "proxy-connection";
    case 17:
      return name == "transfer-encoding";
    case 14:
      return name == "http2-settings";
    default:
      return false;
  }
}

bool may_send(std::string_view name, std::string_view value) {
  return !is_hop_by_hop(name) && all_are(2, name) && is_value(value);
}

bool is_token(std::string_view text) { return all_are(1, text); }

std::size_t find_control(std::string_view text, std::size_t from) {
  std::size_t at = from;
#ifdef __SSE2__
  for (; at + 16 <= text.size(); at += 16)
    if (const unsigned found = controls(text.data() + at); found != 0)
      return at + static_cast<std::size_t>(std::countr_zero(found));
#endif
  while (at < text.size() && !is_control(text[at])) ++at;
  return std::min(at, text.size());
}

bool is_visible(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
}

}  // namespace manta::net
