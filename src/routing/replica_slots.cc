#include "routing/replica_slots.h"

#include <algorithm>
#include <utility>

#include "routing/policies/hash.h"

namespace manta::routing {

bool ReplicaSlots::may_take(const ReplicaSlot& slot) const {
  if (!slot.connected || slot.draining || !slot.breaker.takes_requests()) return false;
  const ReplicaLoad& load = loads_[slot.index];
  return slot.waiting ? slot.grants > 0 : load.in_flight < load.max_ongoing;
}

void ReplicaSlots::swap(std::size_t a, std::size_t b) {
  if (a == b) return;
  std::swap(loads_[a], loads_[b]);
  std::swap(slots_[a], slots_[b]);
  slots_[a]->index = a;
  slots_[b]->index = b;
}

void ReplicaSlots::place(ReplicaSlot& slot) {
  const bool in_front = slot.index < pickable_;
  if (may_take(slot) == in_front) return;
  if (in_front)
    swap(slot.index, --pickable_);
  else
    swap(slot.index, pickable_++);
}

ReplicaSlot& ReplicaSlots::add(std::shared_ptr<ReplicaSlot> slot, Nearness nearness) {
  slot->index = slots_.size();
  auto number = static_cast<std::uint32_t>(slots_.size());
  if (!free_numbers_.empty()) {
    number = free_numbers_.back();
    free_numbers_.pop_back();
  }
  ++membership_;
  loads_.push_back({.key = slot->key,
                    .max_ongoing = slot->address.max_ongoing_requests,
                    .number = number,
                    .id_hash = stable_hash(slot->address.id),
                    .same_node = nearness.same_node,
                    .same_zone = nearness.same_zone,
                    .told = &slot->told});
  slots_.push_back(std::move(slot));
  return *slots_.back();
}

void ReplicaSlots::remove(ReplicaSlot& slot) {
  set_waiting(slot, false);
  set_connected(slot, false);
  swap(slot.index, slots_.size() - 1);
  slot.removed = true;
  ++membership_;
  free_numbers_.push_back(loads_.back().number);
  loads_.pop_back();
  slots_.pop_back();  // may destroy the slot
}

void ReplicaSlots::set_waiting(ReplicaSlot& slot, bool waiting) {
  if (slot.waiting != waiting) waiting_ += waiting ? 1 : std::size_t(-1);
  slot.waiting = waiting;
  if (!waiting) slot.grants = 0;
}

std::shared_ptr<ReplicaSlot> ReplicaSlots::pick(Policy& policy, PolicyInput input, std::span<const ReplicaKey> avoid,
                                                std::size_t queued, Rng& rng) {
  input.all = loads_;
  input.membership = membership_;
  for (;;) {
    const std::span<const ReplicaLoad> candidates(loads_.data(), pickable_);
    auto choice = policy(candidates, input, rng);
    if (!choice) return nullptr;
    const auto avoided = [&](const ReplicaLoad& load) { return std::ranges::find(avoid, load.key) != avoid.end(); };
    if (!avoid.empty() && avoided(candidates[*choice])) {
      const auto other = std::ranges::find_if_not(candidates, avoided);
      if (other == candidates.end()) return nullptr;
      choice = static_cast<std::size_t>(other - candidates.begin());
    }
    const auto& slot = slots_[*choice];
    if (slot->waiting && input.now < slot->grants_lapse) return slot;
    if (slot->waiting) {  // its grants have lapsed, and with them the registration
      set_waiting(*slot, false);
      place(*slot);
      continue;
    }
    if (seems_full(loads_[slot->index], input.now) && waiting_ > 2 * queued) return nullptr;
    return slot;
  }
}

std::int32_t ReplicaSlots::take(ReplicaSlot& slot, std::size_t queued) {
  ++loads_[slot.index].in_flight;
  std::int32_t announced = 0;
  if (slot.waiting) {
    --slot.grants;
    announced = static_cast<std::int32_t>(std::min<std::size_t>(queued, 1 << 16));
    if (announced == 0) set_waiting(slot, false);
  }
  place(slot);
  return announced;
}

void ReplicaSlots::release(ReplicaSlot& slot) {
  --loads_[slot.index].in_flight;
  place(slot);
}

void ReplicaSlots::reported(ReplicaSlot& slot, std::int32_t queue, TimePoint now) {
  ReplicaLoad& load = loads_[slot.index];
  load.others = std::max(0, queue - (load.in_flight - 1));
  load.reported_at = now;
}

void ReplicaSlots::refused(ReplicaSlot& slot, TimePoint now) {
  if (!slot.waiting) slot.waiting_since = now;
  const int grants = slot.grants;  // one may have overtaken the refusal
  set_waiting(slot, true);
  slot.grants = grants;
  place(slot);
}

void ReplicaSlots::granted(ReplicaSlot& slot, int count, TimePoint lapse) {
  if (!slot.waiting) slot.grants = 0;
  set_waiting(slot, true);
  slot.grants += count;
  slot.grants_lapse = lapse;
  slot.waiting_since = lapse;
  place(slot);
}

void ReplicaSlots::count_usable(const ReplicaSlot& slot, int by) {
  if (slot.connected && !slot.draining) usable_ += static_cast<std::size_t>(by);
}

void ReplicaSlots::set_connected(ReplicaSlot& slot, bool connected) {
  count_usable(slot, -1);
  slot.connected = connected;
  count_usable(slot, +1);
  set_waiting(slot, false);  // registrations end with their connection
  if (!connected) loads_[slot.index].others = 0;
  place(slot);
}

void ReplicaSlots::set_draining(ReplicaSlot& slot) {
  count_usable(slot, -1);
  slot.draining = true;
  set_waiting(slot, false);
  place(slot);
}

void ReplicaSlots::set_max_ongoing(ReplicaSlot& slot, int max_ongoing) {
  slot.address.max_ongoing_requests = max_ongoing;
  loads_[slot.index].max_ongoing = max_ongoing;
  place(slot);
}

bool ReplicaSlots::forget_longest_wait() {
  ReplicaSlot* longest = nullptr;
  for (const auto& slot : slots_)
    if (slot->waiting && slot->grants == 0 && (!longest || slot->waiting_since < longest->waiting_since))
      longest = slot.get();
  if (!longest) return false;
  set_waiting(*longest, false);
  loads_[longest->index].others = 0;
  place(*longest);
  return true;
}

}  // namespace manta::routing
