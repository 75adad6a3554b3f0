#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace manta::detail {

// What a reader sees next, for both formats. Bytes and Extension occur only in MessagePack.
enum class ValueKind : std::uint8_t { Null, Bool, Integer, Float, String, Bytes, Array, Object, Extension, Invalid };

// "a number", "an array", ... as error messages say it.
std::string_view describe(ValueKind kind);

// What a document may cost. Beyond either limit reading fails with InvalidArgument before memory is spent.
struct ReadLimits {
  std::size_t max_bytes = std::size_t{256} << 20;
  std::size_t max_depth = 128;  // values inside each other: 3 for [[1]], 2 for [[]]
};

}  // namespace manta::detail
