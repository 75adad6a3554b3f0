#pragma once

#include <span>
#include <string>
#include <vector>

#include "engines/generation/generation.h"
#include "engines/generation/slot_scheduler.h"

namespace manta::engines {

struct SampledToken {
  std::size_t slot = 0;
  Token token = 0;
  bool is_end = false;
  std::string bytes;  // of its text; may be part of a character
};

// The model as StepLoop sees it. All calls come from the loop's thread.
class Decoder {
 public:
  virtual ~Decoder() = default;
  // A request gets a slot. Removes all but the first `kept` tokens from the slot's KV and returns how many stay (kept
  // or fewer).
  virtual std::size_t start(std::size_t slot, const PendingGeneration& request, std::size_t kept) = 0;
  // Puts the first `tokens` tokens of the KV of `from` into `to`, in place of what that held. Returns how many `to`
  // holds now: `tokens`, or 0 when the model's memory cannot be copied.
  virtual std::size_t copy(std::size_t from, std::size_t to, std::size_t tokens) = 0;
  // Removes all but the first `held` tokens, which were drafts that turned out wrong, from the slot's KV.
  virtual void truncate(std::size_t slot, std::size_t held) = 0;
  // Computes one batch and samples a token for each item that wants one, in their order within a slot. A draft that is
  // not the token sampled before it ends its slot's part: neither it nor what follows is sampled. So the samples are
  // those of single steps, whatever the draft and the sampling. After an error the KV of the slots in the batch is
  // empty.
  virtual Result<std::vector<SampledToken>> step(std::span<const BatchItem> batch) = 0;
};

}  // namespace manta::engines
