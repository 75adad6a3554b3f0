#pragma once

#include <llama.h>

#include <memory>
#include <span>
#include <vector>

#include "engines/engine.h"
#include "engines/generation/generation.h"

namespace manta::engines::llama {

// Picks the next token of one sequence. Order: penalties, top-k, top-p, min-p, temperature, draw; at temperature 0 the
// most likely token after the penalties. presence and frequency penalties count generated tokens only; the repeat
// penalty also counts the end of the prompt.
class Sampler {
 public:
  Sampler(const Sampling& sampling, std::span<const Token> prompt, std::size_t vocabulary);

  // `logits` has one value per token of the vocabulary. `scratch` is memory that samplers of one thread share.
  Token sample(std::span<const float> logits, std::vector<llama_token_data>& scratch);

 private:
  struct Free {
    void operator()(llama_sampler* sampler) const { llama_sampler_free(sampler); }
  };
  std::unique_ptr<llama_sampler, Free> chain_;  // null: plain greedy
};

// Index of the largest value; the first of equals.
Token most_likely(std::span<const float> logits);

}  // namespace manta::engines::llama
