#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include <manta/detail/describe.h>
#include <manta/detail/encodable.h>
#include <manta/tensor.h>

// encode(writer, value): one set of functions for both formats, over JsonWriter and MsgPackWriter. False when a value
// has no form in the format; the writer's error() says why. A struct with `static constexpr bool kOmitsNull = true`
// leaves out members that are an empty optional; otherwise they are written as null. One with
// `static constexpr bool kOmitsInitial = true` leaves out, in MessagePack alone, those that are as they are
// initialised: its initialisers are part of what is on the wire, and must not change.
namespace manta::detail {

template <class W, Described T>
bool encode(W& writer, const T& value);
template <class W, class T>
bool encode(W& writer, const std::optional<T>& value);
template <class W, class T, class A>
bool encode(W& writer, const std::vector<T, A>& value);
template <class W, class T, std::size_t N>
bool encode(W& writer, const std::array<T, N>& value);
template <class W, class... M>
bool encode(W& writer, const std::map<M...>& value);
template <class W, class... M>
bool encode(W& writer, const std::unordered_map<M...>& value);
template <class W, class... T>
bool encode(W& writer, const std::tuple<T...>& value);
template <class W, class A, class B>
bool encode(W& writer, const std::pair<A, B>& value);
template <class W, class... T>
bool encode(W& writer, const std::variant<T...>& value);

template <class W>
bool encode(W& writer, const std::monostate&) {
  return writer.null();
}

template <class W, std::same_as<bool> T>
bool encode(W& writer, const T& value) {
  return writer.boolean(value);
}

template <class W, Integer T>
bool encode(W& writer, const T& value) {
  if constexpr (std::signed_integral<T>)
    return writer.integer(static_cast<std::int64_t>(value));
  else
    return writer.integer(static_cast<std::uint64_t>(value));
}

template <class W, std::floating_point T>
bool encode(W& writer, const T& value) {
  if constexpr (std::same_as<T, float>)
    return writer.number(value);
  else
    return writer.number(static_cast<double>(value));
}

template <class W>
bool encode(W& writer, const std::string& value) {
  return writer.string(value);
}

template <class W>
bool encode(W& writer, const Blob& value) {
  return writer.bytes(value.data);
}

// Bodies in src/codec, for both writers.
template <class W>
bool encode(W& writer, const Json& value);
template <class W>
bool encode(W& writer, const Tensor& value);

// A value that is no enumerator has no form.
template <class W, DescribedEnum E>
bool encode(W& writer, const E& value) {
  for (std::size_t i = 0; i < kEnumerators<E>.size(); ++i)
    if (kEnumerators<E>[i] == value) return writer.string(kEnumeratorNames<E>[i]);
  return writer.refuse("an enum holds a value that has no name");
}

template <class T>
inline constexpr bool kOmitsNullOf = false;
template <class T>
  requires requires { T::kOmitsNull; }
inline constexpr bool kOmitsNullOf<T> = T::kOmitsNull;

template <class M>
bool is_null(const M&) {
  return false;
}
template <class M>
bool is_null(const std::optional<M>& member) {
  return !member.has_value();
}

template <class W, class T>
inline constexpr bool kOmitsInitialOf = false;
template <class W, class T>
  requires requires { T::kOmitsInitial; }
inline constexpr bool kOmitsInitialOf<W, T> = W::kOmitsInitial && T::kOmitsInitial;

// What is new has no member that differs from it.
template <class T>
inline const T kInitial{};

// Whether a member of `value` is left out.
template <class W, class Member, class T>
bool is_omitted(const T& value) {
  if constexpr (kOmitsInitialOf<W, T>)
    return value.*Member::pointer == kInitial<T>.*Member::pointer;
  else if constexpr (kOmitsNullOf<T>)
    return is_null(value.*Member::pointer);
  else
    return false;
}

template <class W, Described T, template <class...> class List, class... D>
bool encode_members(W& writer, const T& value, List<D...>) {
  const std::size_t omitted = (std::size_t{0} + ... + static_cast<std::size_t>(is_omitted<W, D>(value)));
  const auto write = [&]<class Member>(Member) {
    return is_omitted<W, Member>(value) || (writer.field(Member::name) && encode(writer, value.*Member::pointer));
  };
  return writer.begin_object(sizeof...(D) - omitted) && (write(D()) && ...) && writer.end_object();
}

template <class W, Described T>
bool encode(W& writer, const T& value) {
  return encode_members(writer, value, Members<T>());
}

template <class W, class T>
bool encode(W& writer, const std::optional<T>& value) {
  return value ? encode(writer, *value) : writer.null();
}

template <class W, class Range>
bool encode_elements(W& writer, const Range& range) {
  if (!writer.begin_array(range.size())) return false;
  for (const auto& element : range)
    if (!encode(writer, static_cast<const typename Range::value_type&>(element))) return false;
  return writer.end_array();
}

template <class W, class T, class A>
bool encode(W& writer, const std::vector<T, A>& value) {
  return encode_elements(writer, value);
}

template <class W, class T, std::size_t N>
bool encode(W& writer, const std::array<T, N>& value) {
  return encode_elements(writer, value);
}

template <class W, class Map>
bool encode_map(W& writer, const Map& map) {
  if (!writer.begin_object(map.size())) return false;
  for (const auto& [key, value] : map)
    if (!writer.key(key) || !encode(writer, value)) return false;
  return writer.end_object();
}

template <class W, class... M>
bool encode(W& writer, const std::map<M...>& value) {
  return encode_map(writer, value);
}

template <class W, class... M>
bool encode(W& writer, const std::unordered_map<M...>& value) {
  return encode_map(writer, value);
}

template <class W, class... T>
bool encode(W& writer, const std::tuple<T...>& value) {
  return writer.begin_array(sizeof...(T)) &&
         std::apply([&](const auto&... element) { return (encode(writer, element) && ...); }, value) &&
         writer.end_array();
}

template <class W, class A, class B>
bool encode(W& writer, const std::pair<A, B>& value) {
  return writer.begin_array(2) && encode(writer, value.first) && encode(writer, value.second) && writer.end_array();
}

template <class W, class... T>
bool encode(W& writer, const std::variant<T...>& value) {
  return std::visit([&](const auto& alternative) { return encode(writer, alternative); }, value);
}

}  // namespace manta::detail
