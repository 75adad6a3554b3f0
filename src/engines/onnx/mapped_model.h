#pragma once

#include <string>

#include <manta/error.h>

#include "engines/onnx/ort_api.h"

namespace manta::engines::onnx {

// A copy of `model` with its graph optimised and its weights beside it, in the form that the kernels of this CPU
// compute with: ONNX Runtime maps that file instead of reading and rearranging it, so the processes of a host share its
// memory. Made in `folder` by the first that asks, with `options` (changed by this), named after the model's path, size
// and time, the CPU and the library; returned when it is there. Safe against others that make it at the same time. Load
// it with optimisation off. InvalidArgument when the folder cannot be written. Throws Ort::Exception for a bad model.
Result<std::string> mapped_model(Ort::Env& env, const std::string& model, const std::string& folder,
                                 Ort::SessionOptions& options);

}  // namespace manta::engines::onnx
