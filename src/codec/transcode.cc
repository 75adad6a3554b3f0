#include <manta/detail/transcode.h>

#include <manta/detail/json_reader.h>
#include <manta/detail/json_writer.h>
#include <manta/detail/msgpack_reader.h>
#include <manta/detail/msgpack_writer.h>

#include "codec/copy_value.h"

namespace manta::detail {

Result<std::string> json_to_msgpack(std::string_view json) {
  JsonReader reader(json);
  MsgPackWriter writer;
  std::string error = reader.error();
  if (!error.empty() || !codec::copy_value(reader, writer, error)) return fail(ErrorCode::InvalidArgument, error, "$");
  return writer.take();
}

Result<std::string> msgpack_to_json(std::string_view bytes) {
  MsgPackReader reader(bytes);
  JsonWriter writer;
  std::string error;
  if (!codec::copy_value(reader, writer, error)) return fail(ErrorCode::InvalidArgument, error, "$");
  if (!reader.at_end()) return fail(ErrorCode::InvalidArgument, reader.error(), "$");
  return writer.take();
}

Result<std::string> compact_json(std::string_view json) {
  JsonReader reader(json);
  JsonWriter writer;
  std::string error = reader.error();
  if (!error.empty() || !codec::copy_value(reader, writer, error)) return fail(ErrorCode::InvalidArgument, error, "$");
  return writer.take();
}

}  // namespace manta::detail
