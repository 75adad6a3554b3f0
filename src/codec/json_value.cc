#include <manta/detail/decode.h>
#include <manta/detail/encode.h>
#include <manta/detail/json_reader.h>
#include <manta/detail/json_writer.h>
#include <manta/detail/msgpack_reader.h>
#include <manta/detail/msgpack_writer.h>

#include "codec/copy_value.h"

// manta::Json in both formats.
namespace manta::detail {

template <class R>
bool decode(R& reader, Json& value, Decoding& decoding) {
  if (!reader.ok()) return decoding.fail(reader.error());
  JsonWriter writer;
  std::string error;
  if (!codec::copy_value(reader, writer, error)) return decoding.fail(std::move(error));
  value.text = writer.take();
  return true;
}

template <class W>
bool encode(W& writer, const Json& value) {
  JsonReader reader(value.text);
  if (!reader.ok()) return writer.refuse("a Json value is " + reader.error());
  std::string error;
  return codec::copy_value(reader, writer, error) || writer.refuse(std::move(error));
}

template bool decode(JsonReader&, Json&, Decoding&);
template bool decode(MsgPackReader&, Json&, Decoding&);
template bool encode(JsonWriter&, const Json&);
template bool encode(MsgPackWriter&, const Json&);

}  // namespace manta::detail
