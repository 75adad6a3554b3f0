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

constexpr bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

#ifdef __SSE2__

// In each byte that lies in the range all bits.
__m128i in_range(__m128i bytes, char first, char last) {
  const __m128i above = _mm_sub_epi8(bytes, _mm_set1_epi8(first));
  return _mm_cmpeq_epi8(_mm_min_epu8(above, _mm_set1_epi8(static_cast<char>(last - first))), above);
}

__m128i controls(__m128i bytes) {
  return _mm_or_si128(in_range(bytes, 0, 0x1f), _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7f)));
}

__m128i block_at(const char* at) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at)); }

__m128i eight_and_eight(const char* first, const char* second) {
  return _mm_unpacklo_epi64(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(first)),
                            _mm_loadl_epi64(reinterpret_cast<const __m128i*>(second)));
}

// Whether passes(block) has all bits for every byte of a text of at least eight; some may be looked at twice.
template <class Passes>
bool all_pass(std::string_view text, Passes passes) {
  const auto all = [&](__m128i block) { return _mm_movemask_epi8(passes(block)) == 0xffff; };
  const char* const end = text.data() + text.size();
  if (text.size() < 16) return all(eight_and_eight(text.data(), end - 8));
  for (const char* at = text.data(); at + 16 <= end; at += 16)
    if (!all(block_at(at))) return false;
  return all(block_at(end - 16));
}

// Of what names are usually made.
bool all_are_plain(bool any_case, std::string_view text) {
  const __m128i to_lower = _mm_set1_epi8(any_case ? 0x20 : 0);
  return all_pass(text, [to_lower](__m128i bytes) {
    const __m128i letters = in_range(_mm_or_si128(bytes, to_lower), 'a', 'z');
    const __m128i digits = in_range(bytes, '0', '9');
    return _mm_or_si128(_mm_or_si128(letters, digits), _mm_cmpeq_epi8(bytes, _mm_set1_epi8('-')));
  });
}

bool has_no_control(std::string_view text) {
  return all_pass(text, [](__m128i bytes) { return _mm_cmpeq_epi8(controls(bytes), _mm_setzero_si128()); });
}

bool is_printable(std::string_view text) {
  return all_pass(text, [](__m128i bytes) { return in_range(bytes, 0x21, 0x7e); });
}

#else

// Without vectors the tables below say all.
bool all_are_plain(bool, std::string_view) { return false; }
bool has_no_control(std::string_view) { return false; }
bool is_printable(std::string_view) { return false; }

#endif

constexpr std::size_t kBlock = 8;  // bytes from which on blocks are looked at

bool all_are(std::uint8_t kind, std::string_view text) {
  if (text.size() >= kBlock && all_are_plain(kind == 1, text)) return true;
  std::uint8_t common = kind;
  for (const char c : text) common &= kTokenBytes[static_cast<unsigned char>(c)];
  return !text.empty() && common == kind;
}

bool is_value(std::string_view value) {
  if (value.size() >= kBlock && has_no_control(value)) return true;
  std::size_t control = find_control(value);
  while (control < value.size() && value[control] == '\t') control = find_control(value, control + 1);
  return control == value.size();
}

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
    if (const int found = _mm_movemask_epi8(controls(block_at(text.data() + at))); found != 0)
      return at + static_cast<std::size_t>(std::countr_zero(static_cast<unsigned>(found)));
#endif
  while (at < text.size() && !is_control(text[at])) ++at;
  return std::min(at, text.size());
}

bool is_visible(std::string_view text) {
  if (text.size() >= kBlock && is_printable(text)) return true;
  return std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
}

}  // namespace manta::net
