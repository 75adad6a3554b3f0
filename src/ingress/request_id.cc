#include "ingress/request_id.h"

#include <algorithm>

namespace manta::ingress {
namespace {

// The finaliser of SplitMix64: a bijection, so that different inputs never give the same id.
std::uint64_t mix(std::uint64_t x) {
  x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27U)) * 0x94d049bb133111ebU;
  return x ^ (x >> 31U);
}

void write_hex(char* out, std::uint64_t value) {
  for (int i = 0; i < 16; ++i, value <<= 4U) out[i] = "0123456789abcdef"[value >> 60U];
}

}  // namespace

bool is_sane_request_id(std::string_view text) {
  const auto fine = [](char c) { return c > ' ' && c < 0x7f && c != '"' && c != '\\'; };
  return !text.empty() && text.size() <= 128 && std::ranges::all_of(text, fine);
}

std::string RequestIdSource::next() {
  const std::uint64_t number = ++count_ * 0x9e3779b97f4a7c15U;
  std::string id(32, '0');
  write_hex(id.data(), mix(start_ + number));
  write_hex(id.data() + 16, mix(~start_ ^ number));
  return id;
}

}  // namespace manta::ingress
