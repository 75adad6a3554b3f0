#include "engines/onnx/pooling.h"

#include <algorithm>
#include <cmath>

namespace manta::engines::onnx {

void pool_mean(std::span<const float> hidden, std::size_t tokens, std::span<float> out) {
  std::ranges::fill(out, 0.0F);
  for (std::size_t token = 0; token < tokens; ++token) {
    const float* row = hidden.data() + token * out.size();
    for (std::size_t i = 0; i < out.size(); ++i) out[i] += row[i];
  }
  const float share = 1.0F / static_cast<float>(tokens);
  for (float& value : out) value *= share;
}

void pool_first(std::span<const float> hidden, std::span<float> out) {
  std::copy_n(hidden.begin(), out.size(), out.begin());
}

void normalize(std::span<float> vector) {
  double squares = 0;
  for (const float value : vector) squares += static_cast<double>(value) * static_cast<double>(value);
  if (squares == 0) return;
  const auto scale = static_cast<float>(1.0 / std::sqrt(squares));
  for (float& value : vector) value *= scale;
}

}  // namespace manta::engines::onnx
