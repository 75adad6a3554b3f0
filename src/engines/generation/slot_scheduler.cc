#include "engines/generation/slot_scheduler.h"

#include <algorithm>
#include <utility>

namespace manta::engines {

SlotScheduler::SlotScheduler(Limits limits) : limits_(limits), slots_(limits.slots) {
  limits_.batch = std::max(limits_.batch, limits_.slots);
}

std::size_t SlotScheduler::reusable(const Slot& slot, const std::vector<Token>& prompt) const {
  if (!limits_.prefix_cache) return 0;
  const std::size_t most = std::min(slot.held, prompt.size() - 1);
  const auto end = slot.tokens.begin() + static_cast<std::ptrdiff_t>(most);
  return static_cast<std::size_t>(std::mismatch(slot.tokens.begin(), end, prompt.begin()).first - slot.tokens.begin());
}

std::optional<SlotScheduler::Admission> SlotScheduler::admit(std::vector<Token> prompt) {
  std::optional<Admission> best;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    if (slots_[i].busy) continue;
    const std::size_t kept = reusable(slots_[i], prompt);
    const bool better = !best || kept > best->kept || (kept == best->kept && slots_[i].used < slots_[best->slot].used);
    if (better) best = Admission{i, kept};
  }
  if (!best) return std::nullopt;
  Slot& slot = slots_[best->slot];
  slot = {.busy = true, .tokens = std::move(prompt), .held = best->kept, .used = ++admissions_};
  order_.push_back(best->slot);
  return best;
}

void SlotScheduler::restart(std::size_t slot, std::size_t kept) {
  slots_[slot].held = std::min(slots_[slot].held, kept);
}

std::span<const BatchItem> SlotScheduler::plan() {
  batch_.clear();
  for (const std::size_t slot : order_)
    if (slots_[slot].left() == 1) plan_tokens(slot, 1);
  for (const std::size_t slot : order_)
    if (slots_[slot].left() > 1) plan_tokens(slot, std::min(slots_[slot].left(), limits_.batch - batch_.size()));
  return batch_;
}

void SlotScheduler::plan_tokens(std::size_t index, std::size_t count) {
  Slot& slot = slots_[index];
  slot.planned = count;
  for (std::size_t i = slot.held; i < slot.held + count; ++i)
    batch_.push_back(
        {.slot = index, .token = slot.tokens[i], .position = i, .wants_token = i + 1 == slot.tokens.size()});
}

void SlotScheduler::commit() {
  for (Slot& slot : slots_) slot.held += std::exchange(slot.planned, 0);
}

bool SlotScheduler::accept(std::size_t slot, Token token) {
  if (slots_[slot].tokens.size() >= limits_.context) return false;
  slots_[slot].tokens.push_back(token);
  return true;
}

void SlotScheduler::release(std::size_t index) {
  Slot& slot = slots_[index];
  slot.busy = false;
  slot.planned = 0;
  slot.tokens.resize(slot.held);
  std::erase(order_, index);
}

void SlotScheduler::forget(std::size_t slot) {
  slots_[slot].held = 0;
  slots_[slot].planned = 0;
  if (!slots_[slot].busy) slots_[slot].tokens.clear();
}

std::size_t SlotScheduler::idle() const { return slots_.size() - order_.size(); }

std::size_t SlotScheduler::tokens_held() const {
  std::size_t held = 0;
  for (const std::size_t slot : order_) held += slots_[slot].held;
  return held;
}

}  // namespace manta::engines
