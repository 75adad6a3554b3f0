#include "engines/llama/decode_parts.h"

#include <algorithm>

namespace manta::engines::llama {

std::vector<std::vector<BatchItem>> decode_parts(std::span<const BatchItem> items, std::size_t ubatch) {
  std::vector<std::vector<BatchItem>> parts(1);
  while (!items.empty()) {
    const auto end = std::ranges::find_if(items, [&](const BatchItem& item) { return item.slot != items[0].slot; });
    const auto of_slot = items.first(static_cast<std::size_t>(end - items.begin()));
    items = items.subspan(of_slot.size());
    if (of_slot.size() < kTiled || ubatch < kLeastUbatchOfTiles) {
      parts.front().insert(parts.front().end(), of_slot.begin(), of_slot.end());
      continue;
    }
    const std::size_t count = (of_slot.size() + ubatch - 1) / ubatch;
    for (std::size_t i = 0; i < count; ++i)
      parts.emplace_back(of_slot.begin() + static_cast<std::ptrdiff_t>(of_slot.size() * i / count),
                         of_slot.begin() + static_cast<std::ptrdiff_t>(of_slot.size() * (i + 1) / count));
  }
  if (parts.front().empty()) parts.erase(parts.begin());
  return parts;
}

}  // namespace manta::engines::llama
