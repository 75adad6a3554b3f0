#pragma once

#include <numeric>
#include <vector>

#include "engines/generation/slot_scheduler.h"

namespace manta::engines {

// `count` tokens: first, first + 1, ...
inline std::vector<Token> tokens(std::size_t count, Token first = 0) {
  std::vector<Token> out(count);
  std::iota(out.begin(), out.end(), first);
  return out;
}

// Tokens per slot in the next batch, which is then committed.
inline std::vector<std::size_t> run(SlotScheduler& scheduler, std::size_t slots) {
  std::vector<std::size_t> counts(slots);
  for (const BatchItem& item : scheduler.plan()) ++counts[item.slot];
  scheduler.commit();
  return counts;
}

}  // namespace manta::engines
