#include "engines/generation/slot_scheduler.h"

#include <algorithm>
#include <utility>

namespace manta::engines {
namespace {

// How many of the `left` tokens of a prompt a step with that room computes, so that no part is under `least`.
std::size_t part_of(std::size_t left, std::size_t room, std::size_t least) {
  if (left <= room) return left;
  if (room < least) return 0;
  if (left < 2 * least) return left;
  return std::min(room, left - least);
}

}  // namespace

SlotScheduler::SlotScheduler(Limits limits) : limits_(limits), slots_(limits.slots) {
  limits_.batch = std::max(limits_.batch, limits_.slots);
  limits_.least_part = std::max<std::size_t>(limits_.least_part, 1);
  limits_.prefill_chunk = std::max(limits_.prefill_chunk, limits_.least_part);
}

SlotView SlotScheduler::view(const Slot& slot, const std::vector<Token>& prompt) const {
  SlotView view{.is_busy = slot.busy, .held = slot.held, .used = slot.used};
  if (!limits_.prefix_cache) return view;
  const std::size_t most = std::min(slot.tokens.size(), reusable(slot, prompt.size()));
  const auto end = slot.tokens.begin() + static_cast<std::ptrdiff_t>(most);
  const auto differs = std::mismatch(slot.tokens.begin(), end, prompt.begin()).first;
  view.coming = static_cast<std::size_t>(differs - slot.tokens.begin());
  view.shared = std::min(view.coming, slot.held);
  return view;
}

// The most that a prompt of that length may take over from the slot.
std::size_t SlotScheduler::reusable(const Slot& slot, std::size_t prompt) const {
  if (!limits_.exact_reuse) return prompt - 1;
  const bool in_parts = prompt >= limits_.least_part;
  if (in_parts != (slot.prompt >= limits_.least_part)) return 0;
  return in_parts ? std::min(slot.prompt, prompt - limits_.least_part) : prompt - 1;
}

std::optional<SlotScheduler::Admission> SlotScheduler::admit(std::vector<Token> prompt) {
  std::vector<SlotView> views;
  for (const Slot& slot : slots_) views.push_back(view(slot, prompt));
  const auto choice = choose_slot(views, limits_.least_copy);
  if (!choice) return std::nullopt;
  const std::size_t given = prompt.size();
  slots_[choice->slot] = {.busy = true,
                          .tokens = std::move(prompt),
                          .prompt = given,
                          .held = choice->kept,
                          .used = ++admissions_,
                          .source = choice->source,
                          .copied = choice->copied};
  order_.push_back(choice->slot);
  return Admission{choice->slot, choice->kept};
}

void SlotScheduler::restart(std::size_t slot, std::size_t kept) {
  slots_[slot].held = std::min(slots_[slot].held, kept);
}

std::optional<SlotScheduler::Copy> SlotScheduler::next_copy() const {
  for (const std::size_t to : order_) {
    const Slot& slot = slots_[to];
    if (slot.source && slots_[*slot.source].held >= slot.copied) return Copy{*slot.source, to, slot.copied};
  }
  return std::nullopt;
}

void SlotScheduler::copied(std::size_t to, std::size_t tokens) {
  slots_[to].held = tokens;
  slots_[to].source.reset();
}

bool SlotScheduler::is_generating(std::size_t slot) const {
  return slots_[slot].busy && !slots_[slot].source && slots_[slot].left() == 1;
}

void SlotScheduler::draft(std::size_t index, std::span<const Token> tokens) {
  Slot& slot = slots_[index];
  const std::size_t room = limits_.context - std::min(limits_.context, slot.tokens.size());
  const auto kept = tokens.first(std::min(tokens.size(), room));
  slot.draft.assign(kept.begin(), kept.end());
}

std::span<const BatchItem> SlotScheduler::plan() {
  batch_.clear();
  std::size_t generating = 0;
  for (std::size_t slot = 0; slot < slots_.size(); ++slot) generating += is_generating(slot) ? 1 : 0;
  std::size_t room = limits_.batch - generating;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    if (!is_generating(i)) continue;
    Slot& slot = slots_[i];
    slot.planned = 1;
    slot.draft.resize(std::min(slot.draft.size(), room));
    room -= slot.draft.size();
  }
  plan_prompts(generating > 0 ? std::min(room, limits_.prefill_chunk) : room);
  for (std::size_t slot = 0; slot < slots_.size(); ++slot) add_items(slot);
  return batch_;
}

void SlotScheduler::plan_prompts(std::size_t room) {
  std::vector<std::size_t> prompts;
  for (const std::size_t slot : order_)
    if (!slots_[slot].source && slots_[slot].left() > 1) prompts.push_back(slot);
  if (prompts.empty()) return;
  const auto give = [&](Slot& slot, std::size_t most) {
    const std::size_t given = slot.planned;
    slot.planned = std::max(given, part_of(slot.left(), given + std::min(most, room), limits_.least_part));
    room -= std::min(room, slot.planned - given);
  };
  give(slots_[prompts.front()], std::max((room + 1) / 2, limits_.least_part));
  std::ranges::sort(prompts, {}, [&](std::size_t slot) {
    return std::pair(slots_[slot].left() - slots_[slot].planned, slots_[slot].used);
  });
  for (const std::size_t slot : prompts) give(slots_[slot], room);
}

void SlotScheduler::add_items(std::size_t index) {
  const Slot& slot = slots_[index];
  for (std::size_t i = slot.held; i < slot.held + slot.planned; ++i)
    batch_.push_back(
        {.slot = index, .token = slot.tokens[i], .position = i, .wants_token = i + 1 == slot.tokens.size()});
  if (!is_generating(index)) return;
  for (std::size_t i = 0; i < slot.draft.size(); ++i)
    batch_.push_back({.slot = index,
                      .token = slot.draft[i],
                      .position = slot.tokens.size() + i,
                      .wants_token = true,
                      .is_draft = true});
}

void SlotScheduler::commit() {
  for (Slot& slot : slots_) slot.held += std::exchange(slot.planned, 0);
}

bool SlotScheduler::accept(std::size_t index, Token token) {
  Slot& slot = slots_[index];
  if (slot.tokens.size() >= limits_.context) return false;
  slot.tokens.push_back(token);
  if (slot.accepted < slot.draft.size() && slot.draft[slot.accepted] == token) {
    ++slot.accepted;
    ++slot.held;
  }
  return true;
}

std::vector<SlotScheduler::Settled> SlotScheduler::settle() {
  std::vector<Settled> settled;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    Slot& slot = slots_[i];
    if (!slot.draft.empty()) settled.push_back({i, slot.draft.size(), slot.accepted, slot.held});
    slot.draft.clear();
    slot.accepted = 0;
  }
  return settled;
}

// What holds enough of the prefix to be of use is copied before the slot can be taken again; see next_copy().
void SlotScheduler::abandon_copies(std::size_t source) {
  for (Slot& slot : slots_) {
    if (slot.source != source) continue;
    slot.copied = std::min(slot.copied, slots_[source].held);
    if (slot.copied < limits_.least_copy) slot.source.reset();
  }
}

void SlotScheduler::release(std::size_t index) {
  Slot& slot = slots_[index];
  slot.busy = false;
  slot.planned = 0;
  slot.source.reset();
  slot.tokens.resize(slot.held);
  std::erase(order_, index);
  abandon_copies(index);
}

void SlotScheduler::forget(std::size_t index) {
  Slot& slot = slots_[index];
  slot.held = 0;
  slot.planned = 0;
  slot.draft.clear();
  slot.accepted = 0;
  if (!slot.busy) slot.tokens.clear();
  abandon_copies(index);
}

std::size_t SlotScheduler::idle() const { return slots_.size() - order_.size(); }

std::size_t SlotScheduler::tokens_held() const {
  std::size_t held = 0;
  for (const std::size_t slot : order_) held += slots_[slot].held;
  return held;
}

}  // namespace manta::engines
