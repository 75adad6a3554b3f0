#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <manta/detail/decoding.h>
#include <manta/detail/value_kind.h>

namespace manta::codec {

template <class R, class W>
bool copy_value(R& reader, W& writer, std::string& error);

template <class R, class W>
bool copy_integer(R& reader, W& writer) {
  bool range = false;
  std::int64_t number = 0;
  if (reader.read_signed(number, range)) return writer.integer(number);
  std::uint64_t large = 0;
  return reader.read_unsigned(large, range) && writer.integer(large);
}

template <class R, class W>
bool copy_array(R& reader, W& writer, std::string& error) {
  typename R::Container array;
  if (!reader.begin_array(array) || !writer.begin_array(reader.count(array))) return false;
  while (reader.next_element(array))
    if (!copy_value(reader, writer, error)) return false;
  return reader.ok() && writer.end_array();
}

template <class R, class W>
bool copy_object(R& reader, W& writer, std::string& error) {
  typename R::Container object;
  if (!reader.begin_object(object) || !writer.begin_object(reader.count(object))) return false;
  std::string_view key;
  while (reader.next_key(object, key))
    if (!writer.key(key) || !copy_value(reader, writer, error)) return false;
  return reader.ok() && writer.end_object();
}

template <class R, class W>
bool copy_bytes(R& reader, W& writer) {
  std::string bytes;
  return reader.read_bytes(bytes) && writer.bytes(bytes);
}

template <class R, class W>
bool copy_scalar(R& reader, W& writer, std::string& error) {
  bool truth = false;
  double number = 0;
  std::string_view text;
  switch (reader.kind()) {
    case detail::ValueKind::Null:
      return reader.read_null() && writer.null();
    case detail::ValueKind::Bool:
      return reader.read_bool(truth) && writer.boolean(truth);
    case detail::ValueKind::Integer:
      return copy_integer(reader, writer);
    case detail::ValueKind::Float:
      return reader.read_double(number) && writer.number(number);
    case detail::ValueKind::String:
      return reader.read_string(text) && writer.string(text);
    case detail::ValueKind::Bytes:
      return copy_bytes(reader, writer);
    default:
      error = "expected a value, found " + std::string(describe(reader.kind()));
      return false;
  }
}

// Copies the next value. On false, `error` says why (from reader, writer or itself). Recursion is as deep as the reader
// allows.
template <class R, class W>
bool copy_value(R& reader, W& writer, std::string& error) {
  bool copied = false;
  switch (reader.kind()) {
    case detail::ValueKind::Array:
      copied = copy_array(reader, writer, error);
      break;
    case detail::ValueKind::Object:
      copied = copy_object(reader, writer, error);
      break;
    default:
      copied = copy_scalar(reader, writer, error);
  }
  if (!copied && error.empty()) error = reader.ok() ? writer.error() : reader.error();
  return copied;
}

}  // namespace manta::codec
