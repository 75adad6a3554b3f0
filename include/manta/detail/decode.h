#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include <manta/detail/decoding.h>
#include <manta/detail/describe.h>
#include <manta/detail/encodable.h>
#include <manta/detail/value_kind.h>
#include <manta/tensor.h>

// decode(reader, value, decoding): one set of functions for both formats, over JsonReader and MsgPackReader. Each reads
// one value, returns false with the error in `decoding`, and leaves members that do not occur as they were.
namespace manta::detail {

// Declared first: the functions below call each other.
template <class R, Described T>
bool decode(R& reader, T& value, Decoding& decoding);
template <class R, class T>
bool decode(R& reader, std::optional<T>& value, Decoding& decoding);
template <class R, class T, class A>
bool decode(R& reader, std::vector<T, A>& value, Decoding& decoding);
template <class R, class T, std::size_t N>
bool decode(R& reader, std::array<T, N>& value, Decoding& decoding);
template <class R, class... M>
bool decode(R& reader, std::map<M...>& value, Decoding& decoding);
template <class R, class... M>
bool decode(R& reader, std::unordered_map<M...>& value, Decoding& decoding);
template <class R, class... T>
bool decode(R& reader, std::tuple<T...>& value, Decoding& decoding);
template <class R, class A, class B>
bool decode(R& reader, std::pair<A, B>& value, Decoding& decoding);
template <class R, class... T>
bool decode(R& reader, std::variant<T...>& value, Decoding& decoding);

// A read that returned false: the document is broken, or the next value is of another kind.
template <class R>
bool mismatch(R& reader, std::string_view expected, Decoding& decoding) {
  if (!reader.ok()) return decoding.fail(reader.error());
  return decoding.expected(expected, describe(reader.kind()));
}

template <class R>
bool decode(R& reader, std::monostate&, Decoding& decoding) {
  return reader.read_null() || mismatch(reader, "null", decoding);
}

template <class R>
bool decode(R& reader, bool& value, Decoding& decoding) {
  return reader.read_bool(value) || mismatch(reader, "a boolean", decoding);
}

template <class R, Integer T>
bool decode(R& reader, T& value, Decoding& decoding) {
  using Wide = std::conditional_t<std::signed_integral<T>, std::int64_t, std::uint64_t>;
  Wide wide = 0;
  bool range = false;
  bool read = false;
  if constexpr (std::signed_integral<T>)
    read = reader.read_signed(wide, range);
  else
    read = reader.read_unsigned(wide, range);
  if (read && std::in_range<T>(wide)) {
    value = static_cast<T>(wide);
    return true;
  }
  if (!read && !range) return mismatch(reader, "an integer", decoding);
  return decoding.fail("expected an integer from " + std::to_string(std::numeric_limits<T>::min()) + " to " +
                       std::to_string(std::numeric_limits<T>::max()) + ", found one beyond");
}

template <class R, std::floating_point T>
bool decode(R& reader, T& value, Decoding& decoding) {
  double wide = 0;
  if (!reader.read_double(wide)) return mismatch(reader, "a number", decoding);
  value = static_cast<T>(wide);
  return !std::isfinite(wide) || std::isfinite(value) || decoding.fail("expected a number that fits, found one beyond");
}

template <class R>
bool decode(R& reader, std::string& value, Decoding& decoding) {
  std::string_view text;
  if (!reader.read_string(text)) return mismatch(reader, "a string", decoding);
  value.assign(text);
  return true;
}

template <class R>
bool decode(R& reader, Blob& value, Decoding& decoding) {
  return reader.read_bytes(value.data) || mismatch(reader, "bytes (base64 text in JSON)", decoding);
}

// Bodies in src/codec, for both readers.
template <class R>
bool decode(R& reader, Json& value, Decoding& decoding);
template <class R>
bool decode(R& reader, Tensor& value, Decoding& decoding);

template <class R, DescribedEnum E>
bool decode(R& reader, E& value, Decoding& decoding) {
  std::string_view text;
  if (!reader.read_string(text)) return mismatch(reader, "a string", decoding);
  const std::size_t index = find_name(kEnumeratorNames<E>, text);
  if (index == kEnumeratorNames<E>.size()) return decoding.unknown_enumerator(text, kEnumeratorNames<E>);
  value = kEnumerators<E>[index];
  return true;
}

// Calls value.validate() if there is one: a Result<void>, or void that throws.
template <class T>
bool validate(const T& value, Decoding& decoding) {
  if constexpr (requires {
                  { value.validate() } -> std::same_as<Result<void>>;
                }) {
    Result<void> valid = value.validate();
    return valid.has_value() || decoding.fail(std::move(valid.error()));
  } else if constexpr (requires { value.validate(); }) {
    try {
      value.validate();
    } catch (const std::exception& exception) {
      return decoding.fail(error_of(exception));
    }
  }
  return true;
}

template <class R, class T>
using FieldDecoder = bool (*)(R&, T&, Decoding&);

template <class R, class T, class List>
struct FieldDecoders;
template <class R, class T, template <class...> class List, class... D>
struct FieldDecoders<R, T, List<D...>> {
  template <class Member>
  static bool decode_field(R& reader, T& value, Decoding& decoding) {
    return decode(reader, value.*Member::pointer, decoding);
  }
  static constexpr std::array<FieldDecoder<R, T>, sizeof...(D)> value{&decode_field<D>...};
};

template <class R, Described T>
bool decode(R& reader, T& value, Decoding& decoding) {
  constexpr auto& names = kFieldNames<T>;
  constexpr auto& decoders = FieldDecoders<R, T, Members<T>>::value;
  typename R::Container object;
  if (!reader.begin_object(object)) return mismatch(reader, "an object", decoding);
  std::array<bool, names.size()> seen{};
  std::size_t hint = 0;
  std::string_view key;
  while (reader.next_key(object, key)) {
    const std::size_t index = hint < names.size() && names[hint] == key ? hint : find_name(names, key);
    if (index == names.size()) {
      if (!decoding.skip_unknown(key, names)) return false;
      reader.skip();
      continue;
    }
    if (std::exchange(seen[index], true) && decoding.refuses_duplicates()) {
      decoding.fail("key given twice");
      return decoding.in_field(key);
    }
    if (!decoders[index](reader, value, decoding)) return decoding.in_field(names[index]);
    hint = index + 1;
  }
  if (!reader.ok()) return decoding.fail(reader.error());
  return validate(value, decoding);
}

template <class R, class T>
bool decode(R& reader, std::optional<T>& value, Decoding& decoding) {
  if (reader.read_null()) {
    value.reset();
    return true;
  }
  return decode(reader, value.emplace(), decoding);
}

// A hint is believed up to this many bytes; beyond, memory grows with what is really read.
inline constexpr std::size_t kMostReserved = 1 << 20;

template <class R, class T, class A>
bool decode(R& reader, std::vector<T, A>& value, Decoding& decoding) {
  const std::size_t size = reader.size_hint();
  typename R::Container array;
  if (!reader.begin_array(array)) return mismatch(reader, "an array", decoding);
  value.clear();
  value.reserve(std::min(size, kMostReserved / sizeof(T) + 1));
  while (reader.next_element(array)) {
    if constexpr (std::same_as<T, bool>) {
      bool element = false;
      if (!decode(reader, element, decoding)) return decoding.in_element(value.size());
      value.push_back(element);
    } else {
      if (!decode(reader, value.emplace_back(), decoding)) return decoding.in_element(value.size() - 1);
    }
  }
  return reader.ok() || decoding.fail(reader.error());
}

// Reads exactly `size` elements, each with read_at(index).
template <class R, class ReadAt>
bool decode_fixed(R& reader, std::size_t size, Decoding& decoding, ReadAt read_at) {
  typename R::Container array;
  if (!reader.begin_array(array)) return mismatch(reader, "an array", decoding);
  std::size_t index = 0;
  for (; reader.next_element(array); ++index) {
    if (index == size) return decoding.expected("an array of " + std::to_string(size), "a longer one");
    if (!read_at(index)) return decoding.in_element(index);
  }
  if (!reader.ok()) return decoding.fail(reader.error());
  return index == size || decoding.expected("an array of " + std::to_string(size), "one of " + std::to_string(index));
}

template <class R, class T, std::size_t N>
bool decode(R& reader, std::array<T, N>& value, Decoding& decoding) {
  return decode_fixed(reader, N, decoding, [&](std::size_t index) { return decode(reader, value[index], decoding); });
}

template <class R, class Tuple, std::size_t... I>
bool decode_tuple(R& reader, Tuple& value, Decoding& decoding, std::index_sequence<I...>) {
  return decode_fixed(reader, sizeof...(I), decoding, [&](std::size_t index) {
    bool read = true;
    (void)((index == I && (read = decode(reader, std::get<I>(value), decoding), true)) || ...);
    return read;
  });
}

template <class R, class... T>
bool decode(R& reader, std::tuple<T...>& value, Decoding& decoding) {
  return decode_tuple(reader, value, decoding, std::index_sequence_for<T...>());
}

template <class R, class A, class B>
bool decode(R& reader, std::pair<A, B>& value, Decoding& decoding) {
  return decode_tuple(reader, value, decoding, std::make_index_sequence<2>());
}

template <class R, class Map>
bool decode_map(R& reader, Map& value, Decoding& decoding) {
  typename R::Container object;
  if (!reader.begin_object(object)) return mismatch(reader, "an object", decoding);
  value.clear();
  std::string_view key;
  while (reader.next_key(object, key)) {
    auto [place, inserted] = value.try_emplace(std::string(key));
    if (!inserted && decoding.refuses_duplicates()) {
      decoding.fail("key given twice");
      return decoding.in_field(key);
    }
    if (!decode(reader, place->second, decoding)) return decoding.in_field(place->first);
  }
  return reader.ok() || decoding.fail(reader.error());
}

template <class R, class... M>
bool decode(R& reader, std::map<M...>& value, Decoding& decoding) {
  return decode_map(reader, value, decoding);
}

template <class R, class... M>
bool decode(R& reader, std::unordered_map<M...>& value, Decoding& decoding) {
  return decode_map(reader, value, decoding);
}

}  // namespace manta::detail

#include <manta/detail/decode_variant.h>
