#include "builtin/length_order.h"

#include <algorithm>
#include <numeric>

namespace manta::builtin {

std::vector<std::size_t> shortest_first(std::span<const std::size_t> lengths) {
  std::vector<std::size_t> order(lengths.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t i) { return std::pair(lengths[i], i); });
  return order;
}

}  // namespace manta::builtin
