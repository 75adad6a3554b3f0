#pragma once

#include <optional>
#include <string>

namespace manta::builtin {

// Threads of ONNX Runtime: `given` if the options say so, else the environment variable, else 1. Throws InvalidArgument
// that names the variable when it holds no whole number from 1 to 1,024.
int ort_threads(int given, const std::string& variable, const std::optional<std::string>& value);

// The same for the replica whose code this is.
int ort_intra_threads(int given);
int ort_inter_threads(int given);

}  // namespace manta::builtin
