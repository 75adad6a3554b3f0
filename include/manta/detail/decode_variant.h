#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include <manta/detail/decode.h>

// A variant is read by the kind of the value alone: the first alternative that takes this kind. Alternatives that could
// never be chosen do not compile.
namespace manta::detail {

constexpr unsigned bit(ValueKind kind) { return 1u << static_cast<unsigned>(kind); }

// The kinds of value that decode() of T may take, as bits; by default those of an array.
template <class T>
constexpr unsigned kinds_of() {
  if constexpr (std::same_as<T, std::monostate>)
    return bit(ValueKind::Null);
  else if constexpr (std::same_as<T, bool>)
    return bit(ValueKind::Bool);
  else if constexpr (std::integral<T>)
    return bit(ValueKind::Integer);
  else if constexpr (std::floating_point<T>)
    return bit(ValueKind::Integer) | bit(ValueKind::Float);
  else if constexpr (std::same_as<T, std::string> || DescribedEnum<T>)
    return bit(ValueKind::String);
  else if constexpr (std::same_as<T, Blob>)
    return bit(ValueKind::String) | bit(ValueKind::Bytes);
  else if constexpr (std::same_as<T, Json>)
    return ~0u;
  else if constexpr (Described<T> || std::same_as<T, Tensor> || requires { typename T::mapped_type; })
    return bit(ValueKind::Object);
  else
    return bit(ValueKind::Array);
}

inline std::string names_of(unsigned kinds) {
  std::string names;
  for (const ValueKind kind : {ValueKind::Null, ValueKind::Bool, ValueKind::Integer, ValueKind::Float,
                               ValueKind::String, ValueKind::Bytes, ValueKind::Array, ValueKind::Object})
    if (kinds & bit(kind)) names.append(names.empty() ? "" : " or ").append(describe(kind));
  return names;
}

template <class R, class Variant, class First, class... Rest>
bool decode_alternative(R& reader, Variant& value, unsigned kind, unsigned taken, Decoding& decoding) {
  if (kind & kinds_of<First>()) return decode(reader, value.template emplace<First>(), decoding);
  taken |= kinds_of<First>();
  if constexpr (sizeof...(Rest) > 0)
    return decode_alternative<R, Variant, Rest...>(reader, value, kind, taken, decoding);
  else
    return mismatch(reader, names_of(taken), decoding);
}

template <unsigned Taken, class First, class... Rest>
constexpr bool every_alternative_can_be_chosen() {
  if constexpr ((kinds_of<First>() & ~Taken) == 0)
    return false;
  else if constexpr (sizeof...(Rest) > 0)
    return every_alternative_can_be_chosen<Taken | kinds_of<First>(), Rest...>();
  else
    return true;
}

template <class R, class... T>
bool decode(R& reader, std::variant<T...>& value, Decoding& decoding) {
  static_assert(every_alternative_can_be_chosen<0, T...>(),
                "two alternatives of the variant look the same in JSON: the later one could never be read");
  return decode_alternative<R, std::variant<T...>, T...>(reader, value, bit(reader.kind()), 0, decoding);
}

}  // namespace manta::detail
