#include "engines/onnx/ports.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "engines/message.h"

namespace manta::engines::onnx {
namespace {

constexpr std::array<std::string_view, 3> kInputs = {"input_ids", "attention_mask", "token_type_ids"};

std::string_view type_name(ONNXTensorElementDataType type) {
  switch (type) {
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT:
      return "float32";
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16:
      return "float16";
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE:
      return "float64";
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32:
      return "int32";
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64:
      return "int64";
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8:
      return "uint8";
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL:
      return "bool";
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING:
      return "string";
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED:
      return "no tensor";
    default:
      return "another type";
  }
}

// "input_ids int64[?,?], ..."
std::string describe(const std::vector<Port>& ports) {
  std::string list;
  for (const Port& port : ports) {
    std::string dims;
    for (const std::int64_t dim : port.shape)
      dims += (dims.empty() ? "" : ",") + (dim < 0 ? std::string("?") : std::to_string(dim));
    list += message("{}{} {}[{}]", list.empty() ? "" : ", ", port.name, type_name(port.type), dims);
  }
  return list.empty() ? "none" : list;
}

Port port_of(std::string name, const Ort::TypeInfo& info) {
  Port port{.name = std::move(name)};
  if (info.GetONNXType() != ONNX_TYPE_TENSOR) return port;
  const auto tensor = info.GetTensorTypeAndShapeInfo();
  port.type = tensor.GetElementType();
  port.shape = tensor.GetShape();
  return port;
}

bool is_usable_input(const Port& port) {
  return std::ranges::find(kInputs, port.name) != kInputs.end() && port.type == ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64 &&
         port.shape.size() == 2;
}

bool is_usable_output(const Port& port, std::size_t most_rank) {
  return port.type == ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT && !port.shape.empty() && port.shape.size() <= most_rank;
}

}  // namespace

std::vector<Port> input_ports(const Ort::Session& session) {
  const Ort::AllocatorWithDefaultOptions allocator;
  std::vector<Port> ports;
  for (std::size_t i = 0; i < session.GetInputCount(); ++i)
    ports.push_back(port_of(session.GetInputNameAllocated(i, allocator).get(), session.GetInputTypeInfo(i)));
  return ports;
}

std::vector<Port> output_ports(const Ort::Session& session) {
  const Ort::AllocatorWithDefaultOptions allocator;
  std::vector<Port> ports;
  for (std::size_t i = 0; i < session.GetOutputCount(); ++i)
    ports.push_back(port_of(session.GetOutputNameAllocated(i, allocator).get(), session.GetOutputTypeInfo(i)));
  return ports;
}

Result<void> check_inputs(const std::string& path, const std::vector<Port>& inputs) {
  const auto has = [&](std::string_view name) { return std::ranges::find(inputs, name, &Port::name) != inputs.end(); };
  if (std::ranges::all_of(inputs, is_usable_input) && has(kInputs[0]) && has(kInputs[1])) return {};
  return fail(ErrorCode::InvalidArgument,
              message("{} has the wrong inputs: found {}; needed input_ids int64[?,?], attention_mask int64[?,?] and, "
                      "optionally, token_type_ids int64[?,?]. Export the model as a transformer that takes token ids",
                      path, describe(inputs)),
              path);
}

Result<Port> choose_output(const std::string& path, const std::vector<Port>& outputs, const std::string& wanted) {
  for (const std::size_t most_rank : {2U, 3U})
    for (const Port& port : outputs)
      if (is_usable_output(port, most_rank) && (wanted.empty() || port.name == wanted)) return port;
  return fail(ErrorCode::InvalidArgument,
              message("{} has no usable output{}: found {}; needed a float32 output of shape [batch], [batch, n] or "
                      "[batch, tokens, n]",
                      path, wanted.empty() ? "" : " named '" + wanted + "'", describe(outputs)),
              path);
}

}  // namespace manta::engines::onnx
