#pragma once

#include <cstddef>
#include <string_view>

namespace manta::engines {

enum class Utf8 { Valid, Invalid, Incomplete };

struct Utf8Sequence {
  Utf8 kind;
  std::size_t size;  // Invalid: the bytes one U+FFFD stands for. Incomplete: all that is left.
};

// What stands at the start of `bytes`, which is not empty. Follows table 3-7 of the Unicode Standard; Invalid covers
// the longest start of a well-formed sequence, as Python's errors="replace" does.
Utf8Sequence utf8_sequence(std::string_view bytes);

// Offset of the first byte that is not part of well-formed UTF-8; bytes.size() when all are.
std::size_t utf8_valid_prefix(std::string_view bytes);

}  // namespace manta::engines
