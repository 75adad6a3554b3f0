#include <array>
#include <bit>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include <manta/detail/decode.h>
#include <manta/detail/encode.h>
#include <manta/detail/json_reader.h>
#include <manta/detail/json_writer.h>
#include <manta/detail/msgpack_reader.h>
#include <manta/detail/msgpack_writer.h>
#include <manta/tensor.h>

// manta::Tensor in both formats: a map of dtype, shape and data, where data is an array of numbers or, in MessagePack,
// bin.
namespace manta::detail {
namespace {

static_assert(std::endian::native == std::endian::little, "tensor bytes are little-endian");

constexpr std::array<std::string_view, 3> kKeys{"dtype", "shape", "data"};

template <class Number, class R>
bool read_numbers(R& reader, std::string& data, Decoding& decoding) {
  typename R::Container array;
  if (!reader.begin_array(array)) return mismatch(reader, "an array", decoding);
  data.clear();
  for (std::size_t index = 0; reader.next_element(array); ++index) {
    Number number{};
    if (!decode(reader, number, decoding)) return decoding.in_element(index);
    data.append(reinterpret_cast<const char*>(&number), sizeof number);
  }
  return reader.ok() || decoding.fail(reader.error());
}

template <class R>
bool read_data(R& reader, Tensor& tensor, Decoding& decoding) {
  if (reader.kind() == ValueKind::Bytes && reader.read_bytes(tensor.data)) return true;
  switch (tensor.dtype) {
    case Tensor::Type::F32:
      return read_numbers<float>(reader, tensor.data, decoding);
    case Tensor::Type::F64:
      return read_numbers<double>(reader, tensor.data, decoding);
    case Tensor::Type::I32:
      return read_numbers<std::int32_t>(reader, tensor.data, decoding);
    case Tensor::Type::I64:
      return read_numbers<std::int64_t>(reader, tensor.data, decoding);
    case Tensor::Type::U8:
      return read_numbers<std::uint8_t>(reader, tensor.data, decoding);
    case Tensor::Type::Bool:
      return read_numbers<bool>(reader, tensor.data, decoding);
  }
  return decoding.fail("unknown dtype");
}

// Reads dtype and shape; notes where data stands, since it can be read only when dtype is known.
template <class R>
bool read_keys(R& reader, Tensor& tensor, std::optional<typename R::Position>& data, Decoding& decoding) {
  typename R::Container object;
  if (!reader.begin_object(object)) return mismatch(reader, "an object", decoding);
  std::string_view key;
  while (reader.next_key(object, key)) {
    if (key == "dtype") {
      if (!decode(reader, tensor.dtype, decoding)) return decoding.in_field(key);
    } else if (key == "shape") {
      if (!decode(reader, tensor.shape, decoding)) return decoding.in_field(key);
    } else {
      if (key == "data")
        data = reader.position();
      else if (!decoding.skip_unknown(key, kKeys))
        return false;
      reader.skip();
    }
  }
  return reader.ok() || decoding.fail(reader.error());
}

template <class Number, class W>
bool write_numbers(W& writer, const Tensor& tensor) {
  const std::size_t count = tensor.data.size() / sizeof(Number);
  if (!writer.begin_array(count)) return false;
  for (std::size_t i = 0; i < count; ++i) {
    Number number;
    std::memcpy(&number, tensor.data.data() + i * sizeof number, sizeof number);
    if (!encode(writer, number)) return false;
  }
  return writer.end_array();
}

bool write_data(MsgPackWriter& writer, const Tensor& tensor) { return writer.bytes(tensor.data); }

bool write_data(JsonWriter& writer, const Tensor& tensor) {
  switch (tensor.dtype) {
    case Tensor::Type::F32:
      return write_numbers<float>(writer, tensor);
    case Tensor::Type::F64:
      return write_numbers<double>(writer, tensor);
    case Tensor::Type::I32:
      return write_numbers<std::int32_t>(writer, tensor);
    case Tensor::Type::I64:
      return write_numbers<std::int64_t>(writer, tensor);
    case Tensor::Type::U8:
      return write_numbers<std::uint8_t>(writer, tensor);
    case Tensor::Type::Bool: {
      writer.begin_array(tensor.data.size());
      for (const char c : tensor.data) writer.boolean(c != 0);
      return writer.end_array();
    }
  }
  return writer.refuse("a tensor of an unknown dtype");
}

}  // namespace

template <class R>
bool decode(R& reader, Tensor& value, Decoding& decoding) {
  std::optional<typename R::Position> data;
  if (!read_keys(reader, value, data, decoding)) return false;
  if (data) {
    const auto end = reader.position();
    reader.seek(*data);
    if (!read_data(reader, value, decoding)) return decoding.in_field("data");
    reader.seek(end);
  }
  Result<void> valid = check(value);
  return valid.has_value() || decoding.fail(std::move(valid.error()));
}

template <class W>
bool encode(W& writer, const Tensor& value) {
  if (Result<void> valid = check(value); !valid) return writer.refuse("a tensor: " + valid.error().message);
  return writer.begin_object(3) && writer.field("dtype") && encode(writer, value.dtype) && writer.field("shape") &&
         encode(writer, value.shape) && writer.field("data") && write_data(writer, value) && writer.end_object();
}

template bool decode(JsonReader&, Tensor&, Decoding&);
template bool decode(MsgPackReader&, Tensor&, Decoding&);
template bool encode(JsonWriter&, const Tensor&);
template bool encode(MsgPackWriter&, const Tensor&);

}  // namespace manta::detail
