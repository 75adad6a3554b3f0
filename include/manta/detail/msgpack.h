#pragma once

#include <string>
#include <string_view>

#include <manta/detail/decode.h>
#include <manta/detail/encode.h>
#include <manta/detail/msgpack_reader.h>
#include <manta/detail/msgpack_writer.h>
#include <manta/error.h>

namespace manta::detail {

// As from_json, but tolerant between versions: structs are maps by field name, unknown fields are skipped, missing ones
// keep the initialiser. A changed type, broken bytes and bytes after the value are InvalidArgument with the path.
template <class T>
Result<T> from_msgpack(std::string_view bytes) {
  static_assert(Encodable<T>, "this type has no MessagePack form: describe it with BOOST_DESCRIBE_STRUCT");
  MsgPackReader reader(bytes);
  Decoding decoding(UnknownKeys::Ignore);
  T value{};
  if (!decode(reader, value, decoding) || (!reader.at_end() && !decoding.fail(reader.error())))
    return std::unexpected(std::move(decoding).take_error());
  return value;
}

template <class T>
Result<std::string> to_msgpack(const T& value) {
  static_assert(Encodable<T>, "this type has no MessagePack form: describe it with BOOST_DESCRIBE_STRUCT");
  MsgPackWriter writer;
  if (!encode(writer, value)) return fail(ErrorCode::InvalidArgument, "cannot be written: " + writer.error());
  return writer.take();
}

}  // namespace manta::detail
