#include "engines/generation/prefix_choice.h"

namespace manta::engines {
namespace {

// The idle slot with the largest `value`; of equals the one used longest ago. slots.size() when all are busy.
template <class Value>
std::size_t best_idle(std::span<const SlotView> slots, Value value) {
  std::size_t best = slots.size();
  for (std::size_t i = 0; i < slots.size(); ++i) {
    if (slots[i].is_busy) continue;
    const bool better = best == slots.size() || value(slots[i]) > value(slots[best]) ||
                        (value(slots[i]) == value(slots[best]) && slots[i].used < slots[best].used);
    if (better) best = i;
  }
  return best;
}

}  // namespace

std::optional<PrefixChoice> choose_slot(std::span<const SlotView> slots, std::size_t least_gain) {
  const std::size_t own = best_idle(slots, [](const SlotView& slot) { return slot.shared; });
  if (own == slots.size()) return std::nullopt;
  const std::size_t oldest = best_idle(slots, [](const SlotView&) { return 0; });
  std::size_t source = own;
  for (std::size_t i = 0; i < slots.size(); ++i)
    if (slots[i].is_busy && slots[i].coming > slots[source].coming) source = i;
  if (source != own && slots[source].coming >= slots[own].shared + least_gain)
    return PrefixChoice{.slot = oldest, .source = source, .copied = slots[source].coming};
  const std::size_t lost = slots[own].held - slots[own].shared;
  if (oldest != own && slots[own].shared >= least_gain && lost >= least_gain)
    return PrefixChoice{.slot = oldest, .source = own, .copied = slots[own].shared};
  return PrefixChoice{.slot = own, .kept = slots[own].shared};
}

}  // namespace manta::engines
