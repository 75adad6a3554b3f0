#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <manta/error.h>

#include "engines/onnx/ort_api.h"

namespace manta::engines::onnx {

// A named input or output of a model.
struct Port {
  std::string name;
  ONNXTensorElementDataType type = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
  std::vector<std::int64_t> shape;  // -1 = decided at run time
};

std::vector<Port> input_ports(const Ort::Session& session);
std::vector<Port> output_ports(const Ort::Session& session);

// input_ids and attention_mask, optionally token_type_ids, all int64 of rank 2, and nothing else. InvalidArgument names
// the file, what it has and what is needed.
Result<void> check_inputs(const std::string& path, const std::vector<Port>& inputs);

// The output `wanted`, or when that is empty the first float32 output of rank 1 or 2, else the first of rank 3.
// InvalidArgument as above.
Result<Port> choose_output(const std::string& path, const std::vector<Port>& outputs, const std::string& wanted);

}  // namespace manta::engines::onnx
