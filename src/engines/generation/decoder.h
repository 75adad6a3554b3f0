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
  // Computes one batch and samples a token for each item that wants one, in their order. After an error the KV of the
  // slots in the batch is empty.
  virtual Result<std::vector<SampledToken>> step(std::span<const BatchItem> batch) = 0;
};

}  // namespace manta::engines
