#include "engines/onnx/length_batches.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

namespace manta::engines::onnx {
namespace {

// What a run costs, in tokens of compute: starting it, and from some hundred tokens on that its activations leave the
// cache. Measured with MiniLM-L6: bench/engines, docs/reference/engines.md.
constexpr std::size_t kRunCost = 12, kCachedTokens = 16384;
// In tokens times kCachedTokens.
std::size_t run_cost(std::size_t padded) { return (kRunCost + padded) * kCachedTokens + padded * padded; }

std::vector<std::size_t> longest_first(std::span<const std::size_t> lengths) {
  std::vector<std::size_t> order(lengths.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t i) { return std::pair(~lengths[i], i); });
  return order;
}

}  // namespace

std::vector<LengthBatch> length_batches(std::span<const std::size_t> lengths, std::size_t budget) {
  const std::vector<std::size_t> order = longest_first(lengths);
  // cost[i]: least cost of the rows order[i..]; next[i]: where the batch that starts at i ends.
  std::vector<std::size_t> cost(order.size() + 1, 0), next(order.size(), 0);
  for (std::size_t i = order.size(); i-- > 0;) {
    const std::size_t width = std::max<std::size_t>(lengths[order[i]], 1);
    const std::size_t most_rows = std::max<std::size_t>(budget / width, 1);
    cost[i] = std::numeric_limits<std::size_t>::max();
    for (std::size_t rows = 1; rows <= std::min(most_rows, order.size() - i); ++rows) {
      const std::size_t total = run_cost(rows * width) + cost[i + rows];
      if (total > cost[i]) continue;
      cost[i] = total;
      next[i] = i + rows;
    }
  }
  std::vector<LengthBatch> batches;
  for (std::size_t i = 0; i < order.size(); i = next[i]) {
    const auto begin = order.begin() + static_cast<std::ptrdiff_t>(i),
               end = order.begin() + static_cast<std::ptrdiff_t>(next[i]);
    batches.push_back({.rows = {begin, end}, .width = lengths[order[i]]});
  }
  return batches;
}

}  // namespace manta::engines::onnx
