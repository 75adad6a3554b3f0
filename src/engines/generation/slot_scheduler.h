#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engines/generation/generation.h"

namespace manta::engines {

struct BatchItem {
  std::size_t slot = 0;
  Token token = 0;
  std::size_t position = 0;  // in the slot's sequence
  bool wants_token = false;  // the next token is sampled from this item's logits
};

// Decides which request gets which sequence slot and which tokens the next step computes. Knows for each slot what its
// KV cache holds, so that a prompt which starts with the same tokens skips them. Pure bookkeeping: the caller runs the
// model. Per step: plan(), run it, commit(), then accept() or release() for each item that wanted a token.
class SlotScheduler {
 public:
  struct Limits {
    std::size_t slots = 1;
    std::size_t context = 2048;  // tokens per slot
    std::size_t batch = 512;     // tokens per step; at least `slots`
    bool prefix_cache = true;
  };
  explicit SlotScheduler(Limits limits);

  struct Admission {
    std::size_t slot;
    std::size_t kept;  // leading prompt tokens that the slot's KV holds; what lies behind them must be removed
  };
  // Takes the idle slot that shares the longest prefix with `prompt` (equal: the one used longest ago); nothing when
  // all are busy. 1 <= prompt.size() <= context. At least the last prompt token is computed again: its logits are
  // needed.
  std::optional<Admission> admit(std::vector<Token> prompt);
  // The model could keep only `kept` tokens for the slot that was just admitted.
  void restart(std::size_t slot, std::size_t kept);

  // One token of each generating slot, then prompts in order of admission, in chunks, until the batch is full. Empty
  // when no slot is busy. Valid until the next call.
  std::span<const BatchItem> plan();
  // The planned items are in the KV caches now.
  void commit();
  // The token sampled for a slot; it is computed in the next step. False when the slot's context is full.
  bool accept(std::size_t slot, Token token);

  // The slot is idle; its KV stays for a prompt with the same prefix.
  void release(std::size_t slot);
  // The slot's KV is lost (a failed step). Leaves the slot busy or idle as it is.
  void forget(std::size_t slot);

  std::size_t idle() const;
  std::size_t tokens_held() const;  // in the KV of busy slots

 private:
  struct Slot {
    bool busy = false;
    std::vector<Token> tokens;  // the sequence, as far as it is known
    std::size_t held = 0;       // KV holds tokens[0, held)
    std::size_t planned = 0;
    std::uint64_t used = 0;  // admission number, 0 = never
    std::size_t left() const { return tokens.size() - held; }
  };
  std::size_t reusable(const Slot& slot, const std::vector<Token>& prompt) const;
  void plan_tokens(std::size_t slot, std::size_t count);

  Limits limits_;
  std::vector<Slot> slots_;
  std::vector<std::size_t> order_;  // busy slots by admission
  std::vector<BatchItem> batch_;
  std::uint64_t admissions_ = 0;
};

}  // namespace manta::engines
