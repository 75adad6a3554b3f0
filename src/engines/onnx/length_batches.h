#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace manta::engines::onnx {

struct LengthBatch {
  std::vector<std::size_t> rows;  // indices into the lengths, longest first
  std::size_t width = 0;          // tokens per row after padding
};

// Cuts rows of the given lengths (tokens) into batches padded to their longest row, so that the sum of rows x width
// plus a fixed cost per batch and a small one of its size is least, and no batch has more than `budget` padded tokens.
// Of as many batches, even ones are best. A row longer than the budget runs alone. Every row is in exactly one batch.
std::vector<LengthBatch> length_batches(std::span<const std::size_t> lengths, std::size_t budget);

}  // namespace manta::engines::onnx
