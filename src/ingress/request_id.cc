#include "ingress/request_id.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace manta::ingress {
namespace {

// The finaliser of SplitMix64: a bijection, so that different inputs never give the same id.
std::uint64_t mix(std::uint64_t x) {
  x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27U)) * 0x94d049bb133111ebU;
  return x ^ (x >> 31U);
}

constexpr std::string_view kDigits = "0123456789abcdefghjkmnpqrstvwxyz";  // without those that look like others
constexpr std::ptrdiff_t kSize = 15;                                      // what a string holds without the heap
constexpr std::ptrdiff_t kOfFirst = 13;                                   // 64 bits, so that no two are the same

void write_digits(char* begin, const char* end, std::uint64_t value) {
  for (; begin != end; ++begin, value >>= 5U) *begin = kDigits[value & 31U];
}

}  // namespace

bool is_sane_request_id(std::string_view text) {
  const auto fine = [](char c) { return c > ' ' && c < 0x7f && c != '"' && c != '\\'; };
  return !text.empty() && text.size() <= 128 && std::ranges::all_of(text, fine);
}

std::string RequestIdSource::next() {
  const std::uint64_t number = ++count_ * 0x9e3779b97f4a7c15U;
  std::array<char, kSize> id;
  write_digits(id.begin(), id.begin() + kOfFirst, mix(start_ + number));
  write_digits(id.begin() + kOfFirst, id.end(), mix(~start_ ^ number));
  return {id.begin(), id.end()};
}

}  // namespace manta::ingress
