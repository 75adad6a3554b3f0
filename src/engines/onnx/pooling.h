#pragma once

#include <cstddef>
#include <span>

namespace manta::engines::onnx {

// Mean of the first `tokens` rows of one text's hidden states (row-major, out.size() columns); padding follows them.
// tokens >= 1.
void pool_mean(std::span<const float> hidden, std::size_t tokens, std::span<float> out);
// The first row: BERT's [CLS].
void pool_first(std::span<const float> hidden, std::span<float> out);
// To unit length; a vector of zeros stays as it is.
void normalize(std::span<float> vector);

}  // namespace manta::engines::onnx
