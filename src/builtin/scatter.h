#pragma once

#include <cstdint>
#include <string_view>

namespace manta::builtin {

inline constexpr std::uint64_t kGoldenStep = 0x9e3779b97f4a7c15U;  // of SplitMix64's sequence

// The mixing of SplitMix64: every bit of `x` shows in every bit.
inline std::uint64_t scattered(std::uint64_t x) {
  x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27U)) * 0x94d049bb133111ebU;
  return x ^ (x >> 31U);
}

// FNV-1a.
inline std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return hash;
}

}  // namespace manta::builtin
