#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engines/generation/generation.h"
#include "engines/generation/prefix_choice.h"

namespace manta::engines {

struct BatchItem {
  std::size_t slot = 0;
  Token token = 0;
  std::size_t position = 0;  // in the slot's sequence
  bool wants_token = false;  // the next token is sampled from this item's logits
  bool is_draft = false;     // the token is a guess: its logits count only when it is the one sampled before it
};

// Decides which request gets which sequence slot and which tokens the next step computes. Knows for each slot what its
// KV cache holds, so that a prompt which starts with the same tokens as any slot skips them. Pure bookkeeping: the
// caller runs the model. Per step: next_copy() until there is none, draft(), plan(), run it, commit(), then accept() or
// release() for each sampled token, and settle().
class SlotScheduler {
 public:
  struct Limits {
    std::size_t slots = 1;
    std::size_t context = 2048;       // tokens per slot
    std::size_t batch = 512;          // tokens per step; at least `slots`, drafts and `least_part` together
    std::size_t prefill_chunk = 512;  // prompt tokens per step while other slots generate
    // A prompt is computed in parts of at least so many tokens, or at once where no more are left; 1 = in any. Where
    // a prompt ends so, a step has up to as many more than `batch` and `prefill_chunk` say.
    std::size_t least_part = 1;
    bool prefix_cache = true;
    // Reuse only tokens that would be computed in the same way again. A model that computes parts of `least_part`
    // tokens in another way than shorter ones rounds differently then.
    bool exact_reuse = false;
    std::size_t least_copy = 32;  // tokens that a copy of another slot's prefix must save
  };
  explicit SlotScheduler(Limits limits);

  struct Admission {
    std::size_t slot;
    std::size_t kept;  // leading prompt tokens that the slot's KV holds; what lies behind them must be removed
  };
  // Takes an idle slot by choose_slot(); nothing when all are busy. 1 <= prompt.size() <= context. At least the last
  // prompt token is computed again: its logits are needed.
  std::optional<Admission> admit(std::vector<Token> prompt);
  // The model could keep only `kept` tokens for the slot that was just admitted.
  void restart(std::size_t slot, std::size_t kept);

  struct Copy {
    std::size_t from, to;
    std::size_t tokens;  // the leading ones that `to` needs
  };
  // A prefix that can be copied now. A slot whose source is still computing it waits. Ask before each admit() and
  // plan(), so that a source is copied before another request overwrites it; answer with copied().
  std::optional<Copy> next_copy() const;
  // `tokens` leading tokens are in the KV of `to` now; 0 when the model cannot copy.
  void copied(std::size_t to, std::size_t tokens);

  // The slot's next step has one token of its own: it generates, and may be given a draft.
  bool is_generating(std::size_t slot) const;
  std::span<const Token> tokens(std::size_t slot) const { return slots_[slot].tokens; }
  // Tokens that may follow, checked in the next step. Those beyond the context or the batch are left out.
  void draft(std::size_t slot, std::span<const Token> tokens);

  // One token of each generating slot and its draft, then prompt tokens until the batch is full or, beside generating
  // slots, prefill_chunk is used up: half of them for the oldest prompt, the rest for those with the least left. In
  // order of slots, which llama.cpp computes in the fewest parts. Empty when no slot is busy. Valid until the next
  // call.
  std::span<const BatchItem> plan();
  // The planned items are in the KV caches now.
  void commit();
  // The token sampled for a slot; it is computed in the next step, or was, as a draft. False when the slot's context is
  // full.
  bool accept(std::size_t slot, Token token);

  struct Settled {
    std::size_t slot, drafted, accepted;
    std::size_t held;  // what lies behind these tokens in the slot's KV was guessed wrong and must be removed
  };
  // After all accepts of a step: the slots that had a draft in it.
  std::vector<Settled> settle();

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
    std::size_t prompt = 0;     // the first of them, given at admission
    std::size_t held = 0;       // KV holds tokens[0, held)
    std::size_t planned = 0;
    std::uint64_t used = 0;             // admission number, 0 = never
    std::optional<std::size_t> source;  // waits for a copy of this slot's first `copied` tokens
    std::size_t copied = 0;
    std::vector<Token> draft;
    std::size_t accepted = 0;  // of draft
    std::size_t left() const { return tokens.size() - held; }
  };
  SlotView view(const Slot& slot, const std::vector<Token>& prompt) const;
  std::size_t reusable(const Slot& slot, std::size_t prompt) const;
  void abandon_copies(std::size_t source);
  void plan_prompts(std::size_t room);
  void add_items(std::size_t slot);

  Limits limits_;
  std::vector<Slot> slots_;
  std::vector<std::size_t> order_;  // busy slots by admission
  std::vector<BatchItem> batch_;
  std::uint64_t admissions_ = 0;
};

}  // namespace manta::engines
