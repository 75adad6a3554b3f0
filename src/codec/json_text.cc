#include "codec/json_text.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <simdjson.h>

namespace manta::codec {
namespace {

// 0: stands for itself; 'u': as \u00XX; else the letter after the backslash.
constexpr auto kEscapes = [] {
  std::array<char, 256> escapes{};
  for (std::size_t c = 0; c < 0x20; ++c) escapes[c] = 'u';
  escapes['"'] = '"', escapes['\\'] = '\\';
  escapes['\b'] = 'b', escapes['\f'] = 'f', escapes['\n'] = 'n', escapes['\r'] = 'r', escapes['\t'] = 't';
  return escapes;
}();

constexpr std::uint64_t kOnes = 0x0101010101010101, kHighs = 0x8080808080808080;

// Nonzero when one of the eight bytes is a control character, '"' or '\\' or above 0x7f. May not tell which: a borrow
// can mark the byte above a marked one.
std::uint64_t special(std::uint64_t word) {
  const std::uint64_t quote = word ^ kOnes * '"', slash = word ^ kOnes * '\\';
  return ((word - kOnes * 0x20) | (quote - kOnes) | (slash - kOnes) | word) & kHighs;
}

// As plain_prefix(), but ends with the last whole block of 32 bytes without an escape.
std::size_t plain_blocks([[maybe_unused]] std::string_view text, [[maybe_unused]] bool& beyond_ascii) {
  std::size_t end = 0;
#ifdef __SSE2__
  const auto zero_where_escaped = [](__m128i bytes) {
    const __m128i quote = _mm_xor_si128(bytes, _mm_set1_epi8('"'));
    const __m128i slash = _mm_xor_si128(bytes, _mm_set1_epi8('\\'));
    const __m128i control = _mm_subs_epu8(bytes, _mm_set1_epi8(0x1f));
    return _mm_min_epu8(_mm_min_epu8(quote, slash), control);
  };
  __m128i seen = _mm_setzero_si128();
  for (; end + 32 <= text.size(); end += 32) {
    const auto* const block = reinterpret_cast<const __m128i*>(text.data() + end);
    const __m128i low = _mm_loadu_si128(block), high = _mm_loadu_si128(block + 1);
    const __m128i least = _mm_min_epu8(zero_where_escaped(low), zero_where_escaped(high));
    if (_mm_movemask_epi8(_mm_cmpeq_epi8(least, _mm_setzero_si128())) != 0) break;
    seen = _mm_or_si128(seen, _mm_or_si128(low, high));
  }
  beyond_ascii |= _mm_movemask_epi8(seen) != 0;
#endif
  return end;
}

// The bytes from `text` on that stand for themselves; sets `beyond_ascii` when one of them is above 0x7f.
std::size_t plain_prefix(std::string_view text, bool& beyond_ascii) {
  constexpr std::size_t kFewBlocks = 96;  // for less its set-up costs more than it saves
  std::size_t i = text.size() < kFewBlocks ? 0 : plain_blocks(text, beyond_ascii);
  for (; i + 8 <= text.size(); i += 8) {
    std::uint64_t word;
    std::memcpy(&word, text.data() + i, 8);
    if (special(word) != 0) break;
  }
  for (; i < text.size(); ++i) {
    const auto c = static_cast<std::uint8_t>(text[i]);
    if (kEscapes[c] != 0) break;
    beyond_ascii |= c > 0x7f;
  }
  return i;
}

// At most six bytes.
char* write_escape(char* out, char c) {
  constexpr std::string_view kHex = "0123456789abcdef";
  const char escape = kEscapes[static_cast<std::uint8_t>(c)];
  *out++ = '\\';
  *out++ = escape;
  if (escape != 'u') return out;
  const auto code = static_cast<std::uint8_t>(c);
  *out++ = '0';
  *out++ = '0';
  *out++ = kHex[code >> 4];
  *out++ = kHex[code & 15];
  return out;
}

// How many bytes the character at the start of `text` has, 0 when they are no UTF-8.
std::size_t character_size(std::string_view text) {
  const auto lead = static_cast<std::uint8_t>(text.front());
  const auto size = static_cast<std::size_t>(lead < 0x80 ? 1 : std::countl_one(lead));
  return size >= 1 && size <= 4 && size <= text.size() && is_utf8(text.substr(0, size)) ? size : 0;
}

}  // namespace

bool is_utf8(std::string_view text) { return simdjson::validate_utf8(text.data(), text.size()); }

}  // namespace manta::codec

bool manta::detail::append_json_string(GrowingText& out, std::string_view text) {
  using namespace codec;
  constexpr std::size_t kQuotes = 2, kEscape = 6;
  const std::size_t start = out.size();
  const std::string_view whole = text;
  bool beyond_ascii = false;
  char* to = out.room(text.size() + kQuotes);
  *to++ = '"';
  for (;;) {
    const std::size_t plain = plain_prefix(text, beyond_ascii);
    to += text.copy(to, plain);
    if (plain == text.size()) break;
    out.end_at(to);
    const std::size_t left = text.size() - plain - 1;
    to = write_escape(out.room(kEscape + left + 1), text[plain]);
    text.remove_prefix(plain + 1);
  }
  *to++ = '"';
  out.end_at(to);
  if (!beyond_ascii || is_utf8(whole)) return true;
  out.cut_to(start);
  return false;
}

namespace manta::codec {

std::string json_quoted(std::string_view text) {
  constexpr std::size_t kQuotes = 2;
  detail::GrowingText out(text.size() + kQuotes);
  if (append_json_string(out, text)) return out.take();
  std::string mended;
  while (!text.empty()) {
    const std::size_t size = character_size(text);
    mended.append(size ? text.substr(0, size) : "\xEF\xBF\xBD");
    text.remove_prefix(size ? size : 1);
  }
  append_json_string(out, mended);
  return out.take();
}

}  // namespace manta::codec
