#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "engines/generation/generation.h"
#include "engines/generation/ngram_lookup.h"
#include "engines/generation/step_cost.h"

namespace manta::engines {

// How often tokens that were looked up turned out right, by how many tokens before them had matched: the longer a
// quotation has gone on, the surer it goes on. Old outcomes fade; about the last 30 count.
class AcceptanceRates {
 public:
  double of(std::size_t match_length) const;
  void record(std::size_t match_length, bool accepted);

 private:
  struct Outcomes {
    double right = 0, all = 0;
  };
  std::array<Outcomes, 4> outcomes_;  // matches of 2-3, 4-7, 8-15, 16 and more tokens
};

// Drafts for one request. What it looks up is compared with the text even when it is not computed: that costs nothing,
// so drafts stop when they are wrong and come back when they would be right. Engine thread only.
class Drafter {
 public:
  // At most `most` tokens that are worth computing after `tokens`, in a step with `streams` sequences; often none.
  // Valid until the next call.
  std::span<const Token> propose(std::span<const Token> tokens, std::size_t most, const StepCost& cost,
                                 std::size_t streams);
  // The tokens that came, in order.
  void sampled(Token token);

 private:
  AcceptanceRates rates_;
  NgramMatch match_;
  std::size_t confirmed_ = 0;  // of match_.continuation
};

}  // namespace manta::engines
