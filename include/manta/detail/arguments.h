#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <unordered_map>
#include <utility>

#include <manta/detail/json.h>
#include <manta/detail/json_schema.h>
#include <manta/detail/method_table.h>
#include <manta/detail/msgpack.h>

namespace manta::detail {

// How arguments are written. From handles: a MessagePack array of all of them. In JSON: the object itself for a method
// with one argument that is an object, else an array; nothing, null, {} or [] for none.

// Alone, it is the whole JSON body.
template <class T>
inline constexpr bool is_object_v = Described<T> || std::is_same_v<T, Json>;
template <class T, class... Rest>
inline constexpr bool is_object_v<std::map<std::string, T, Rest...>> = true;
template <class T, class... Rest>
inline constexpr bool is_object_v<std::unordered_map<std::string, T, Rest...>> = true;

template <class Tuple>
struct SoleObject : std::false_type {};
template <class T>
struct SoleObject<std::tuple<T>> : std::bool_constant<is_object_v<T>> {
  using type = T;
};

// Fails with InvalidArgument unless the body says "no arguments".
Result<std::tuple<>> decode_no_arguments(const IncomingCall& call);
// "a=1&b=x" as {"a": 1, "b": "x"}: text for the fields that `is_text` names, else as it stands.
std::string query_as_json(std::string_view query_string, bool (*is_text)(std::string_view field));

template <class T>
inline constexpr bool reads_as_text = false;
template <>
inline constexpr bool reads_as_text<std::string> = true;
template <class T>
inline constexpr bool reads_as_text<std::optional<T>> = reads_as_text<T>;

template <class T>
bool is_text_field(std::string_view field) {
  if constexpr (Described<T>) {
    bool text = false;
    boost::mp11::mp_for_each<Members<T>>([&](auto member) {
      using Field = std::remove_cvref_t<decltype(std::declval<T&>().*decltype(member)::pointer)>;
      if (field == decltype(member)::name) text = reads_as_text<Field> || DescribedEnum<Field>;
    });
    return text;
  } else {
    return true;
  }
}

template <class Tuple>
Result<Tuple> decode_arguments(const IncomingCall& call) {
  if constexpr (std::tuple_size_v<Tuple> == 0) {
    return decode_no_arguments(call);
  } else {
    if (call.request_format == Format::MsgPack) return from_msgpack<Tuple>(call.body);
    if constexpr (SoleObject<Tuple>::value) {
      using T = typename SoleObject<Tuple>::type;
      Result<T> value = call.body.empty() ? from_json<T>(query_as_json(call.query_string, &is_text_field<T>))
                                          : from_json<T>(call.body);
      if (!value) return std::unexpected(std::move(value.error()));
      return Tuple(std::move(*value));
    } else {
      return from_json<Tuple>(call.body.empty() ? std::string_view("[]") : std::string_view(call.body));
    }
  }
}

template <class Tuple>
std::string arguments_schema() {
  if constexpr (std::tuple_size_v<Tuple> == 0)
    return R"({"type":"object","properties":{},"additionalProperties":false})";
  else if constexpr (SoleObject<Tuple>::value)
    return json_schema<typename SoleObject<Tuple>::type>();
  else
    return json_schema<Tuple>();
}

// "null" or its MessagePack form.
std::string encoded_nothing(Format format);
// AppError naming what could not be written, in place of the codec's InvalidArgument: the fault is the application's.
Error bad_result(Error error);

template <class T>
Result<Outcome> encode_result(Format format, const T& value) {
  Result<std::string> body = format == Format::Json ? to_json(value) : to_msgpack(value);
  if (!body) return std::unexpected(bad_result(std::move(body.error())));
  return Outcome{.body = std::move(*body)};
}

}  // namespace manta::detail
