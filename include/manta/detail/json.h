#pragma once

#include <string>
#include <string_view>

#include <manta/detail/decode.h>
#include <manta/detail/encode.h>
#include <manta/detail/json_reader.h>
#include <manta/detail/json_writer.h>
#include <manta/error.h>

namespace manta::detail {

// Parses `text` into a T: structs described with BOOST_DESCRIBE_STRUCT, enums as strings, optional, vector, array, map
// by string, tuple (an array), variant by kind, numbers, strings, Blob, Tensor, Json. A missing key keeps the
// initialiser; a validate() member of a struct is called after its members. Errors are InvalidArgument: `message` is
// "<path>: <what>" and names, for an unknown key, the nearest known one; `detail` is the path ("$.items[3].text").
// `ignored`, if given, is set to how many keys were skipped under UnknownKeys::Ignore.
template <class T>
Result<T> from_json(JsonText text, UnknownKeys unknown = UnknownKeys::Refuse, std::size_t* ignored = nullptr) {
  static_assert(Encodable<T>, "this type has no JSON form: describe it with BOOST_DESCRIBE_STRUCT");
  JsonReader reader(text);
  Decoding decoding(unknown);
  T value{};
  if (!decode(reader, value, decoding)) return std::unexpected(std::move(decoding).take_error());
  if (ignored) *ignored = decoding.ignored();
  return value;
}

// Compact JSON. NaN, infinities and text that is not UTF-8 are refused with InvalidArgument.
template <class T>
Result<std::string> to_json(const T& value) {
  static_assert(Encodable<T>, "this type has no JSON form: describe it with BOOST_DESCRIBE_STRUCT");
  JsonWriter writer;
  if (!encode(writer, value)) return fail(ErrorCode::InvalidArgument, "cannot be written as JSON: " + writer.error());
  return writer.take();
}

// to_json() behind what is in `out`, which stays as it was when the value is refused.
template <class T>
Result<void> append_json(std::string& out, const T& value) {
  static_assert(Encodable<T>, "this type has no JSON form: describe it with BOOST_DESCRIBE_STRUCT");
  const std::size_t before = out.size();
  JsonWriter writer(std::move(out));
  const bool written = encode(writer, value);
  out = writer.take();
  if (written) return {};
  out.resize(before);
  return fail(ErrorCode::InvalidArgument, "cannot be written as JSON: " + writer.error());
}

}  // namespace manta::detail
