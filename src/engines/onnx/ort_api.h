#pragma once

#include <manta/error.h>

// ONNX Runtime's C++ API for this folder. The library is bound at run time, so that headers and library need not be of
// the same release: only the API number counts.
#define ORT_API_MANUAL_INIT
#include <onnxruntime_cxx_api.h>

namespace manta::engines::onnx {

// Finds the loaded libonnxruntime and points the C++ API at it; call before anything of Ort::. Cheap when done before.
// Unavailable, naming the library's version and the API number that is needed, when it is too old.
Result<void> bind_ort();

// `what` failed in ONNX Runtime: one line with its own message.
std::unexpected<Error> ort_failure(ErrorCode code, const std::string& what, const Ort::Exception& cause);

}  // namespace manta::engines::onnx
