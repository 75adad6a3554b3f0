#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <boost/describe/enum.hpp>

#include <manta/error.h>

namespace manta {

// Raw bytes: base64 text in JSON, bin in MessagePack.
struct Blob {
  std::string data;
  bool operator==(const Blob&) const = default;
};

// Any JSON value as compact text, for payloads whose shape is not known here. Stands in JSON as it is and becomes
// native values in MessagePack; written text must be one valid JSON value.
struct Json {
  std::string text = "null";
  bool operator==(const Json&) const = default;
};

// A dense array. Raw little-endian bytes in MessagePack; {"dtype", "shape", "data": [numbers]} in JSON.
struct Tensor {
  enum class Type : std::uint8_t { F32, F64, I32, I64, U8, Bool };
  BOOST_DESCRIBE_NESTED_ENUM(Type, F32, F64, I32, I64, U8, Bool)

  Type dtype = Type::F32;
  std::vector<std::int64_t> shape;  // row-major
  std::string data;                 // product(shape) * size_of(dtype) bytes

  bool operator==(const Tensor&) const = default;
};

// Bytes of one element.
std::size_t size_of(Tensor::Type type);

// product(shape); InvalidArgument when a dimension is negative or the bytes would not fit an address space.
Result<std::size_t> element_count(const Tensor& tensor);

// InvalidArgument unless `data` holds exactly element_count() elements. A tensor that was never filled passes.
Result<void> check(const Tensor& tensor);

}  // namespace manta
