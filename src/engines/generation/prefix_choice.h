#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace manta::engines {

// A slot as the choice for a new prompt sees it.
struct SlotView {
  bool is_busy = false;
  std::size_t shared = 0;  // leading tokens of the prompt that its KV holds
  std::size_t coming = 0;  // at least `shared`: those that it will hold once its own prompt is computed
  std::size_t held = 0;    // tokens in its KV
  std::uint64_t used = 0;  // number of its last admission, 0 = never
};

struct PrefixChoice {
  std::size_t slot = 0;
  std::size_t kept = 0;  // tokens of its own KV that stay
  // The slot whose KV is copied into it, and how many tokens of that are of use. The copy must wait until the source
  // holds as many.
  std::optional<std::size_t> source;
  std::size_t copied = 0;
};

// Which idle slot takes a prompt, and from where its prefix comes; nothing when all are busy. A copy is made when it
// saves `least_gain` tokens more than the best idle slot has (the source is busy then), or when going on in that slot
// would lose as many tokens that belong to another conversation: then the slot used longest ago takes a copy, and the
// conversation stays. Equally good idle slots: the one used longest ago. A copy takes as long as a few tokens, so
// `least_gain` is well above that.
std::optional<PrefixChoice> choose_slot(std::span<const SlotView> slots, std::size_t least_gain);

}  // namespace manta::engines
