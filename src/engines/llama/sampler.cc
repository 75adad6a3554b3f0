#include "engines/llama/sampler.h"

#include <algorithm>
#include <array>
#include <limits>
#include <random>

namespace manta::engines::llama {
namespace {

constexpr std::int32_t kRepeatWindow = 64;  // tokens that the repeat penalty looks back, as in llama.cpp

bool has_penalties(const Sampling& s) {
  return s.repeat_penalty != 1.0 || s.presence_penalty != 0 || s.frequency_penalty != 0;
}

std::uint32_t seed_of(const Sampling& s) {
  if (!s.has_seed) return std::random_device{}();
  const auto folded = static_cast<std::uint32_t>(s.seed ^ (s.seed >> 32));
  return folded == LLAMA_DEFAULT_SEED ? 0 : folded;  // that value asks llama.cpp for a random seed
}

void add_penalties(llama_sampler* chain, const Sampling& s, std::span<const Token> prompt, std::int32_t vocabulary) {
  if (s.repeat_penalty != 1.0) {
    llama_sampler* repeat =
        llama_sampler_init_penalties(vocabulary, kRepeatWindow, static_cast<float>(s.repeat_penalty), 0, 0);
    const std::size_t window = std::min<std::size_t>(prompt.size(), kRepeatWindow);
    for (const Token token : prompt.last(window)) llama_sampler_accept(repeat, token);
    llama_sampler_chain_add(chain, repeat);
  }
  if (s.presence_penalty != 0 || s.frequency_penalty != 0)
    llama_sampler_chain_add(
        chain, llama_sampler_init_penalties(vocabulary, s.max_tokens, 1, static_cast<float>(s.frequency_penalty),
                                            static_cast<float>(s.presence_penalty)));
}

void add_draw(llama_sampler* chain, const Sampling& s) {
  if (s.top_k > 0) llama_sampler_chain_add(chain, llama_sampler_init_top_k(s.top_k));
  if (s.top_p < 1) llama_sampler_chain_add(chain, llama_sampler_init_top_p(static_cast<float>(s.top_p), 1));
  if (s.min_p > 0) llama_sampler_chain_add(chain, llama_sampler_init_min_p(static_cast<float>(s.min_p), 1));
  llama_sampler_chain_add(chain, llama_sampler_init_temp(static_cast<float>(s.temperature)));
  llama_sampler_chain_add(chain, llama_sampler_init_dist(seed_of(s)));
}

}  // namespace

Sampler::Sampler(const Sampling& sampling, std::span<const Token> prompt, std::size_t vocabulary) {
  if (sampling.temperature == 0 && !has_penalties(sampling)) return;
  llama_sampler_chain_params params = llama_sampler_chain_default_params();
  params.no_perf = true;
  chain_.reset(llama_sampler_chain_init(params));
  add_penalties(chain_.get(), sampling, prompt, static_cast<std::int32_t>(vocabulary));
  if (sampling.temperature == 0)
    llama_sampler_chain_add(chain_.get(), llama_sampler_init_greedy());
  else
    add_draw(chain_.get(), sampling);
}

Token Sampler::sample(std::span<const float> logits, std::vector<llama_token_data>& scratch) {
  if (!chain_) return most_likely(logits);
  scratch.resize(logits.size());
  for (std::size_t i = 0; i < logits.size(); ++i) scratch[i] = {static_cast<Token>(i), logits[i], 0};
  llama_token_data_array candidates{.data = scratch.data(), .size = scratch.size(), .selected = -1, .sorted = false};
  llama_sampler_apply(chain_.get(), &candidates);
  const Token token = candidates.data[candidates.selected].id;
  llama_sampler_accept(chain_.get(), token);
  return token;
}

Token most_likely(std::span<const float> logits) {
  // Independent lanes, so that the compiler can vectorize: it may not reorder one running maximum of floats.
  constexpr std::size_t kLanes = 32;
  std::array<float, kLanes> lanes;
  lanes.fill(-std::numeric_limits<float>::infinity());
  const std::size_t blocks = logits.size() / kLanes;
  for (std::size_t block = 0; block < blocks; ++block)
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const float value = logits[block * kLanes + lane];
      lanes[lane] = value > lanes[lane] ? value : lanes[lane];
    }
  float largest = *std::ranges::max_element(lanes);
  for (const float value : logits.subspan(blocks * kLanes)) largest = std::max(largest, value);
  return static_cast<Token>(std::ranges::find(logits, largest) - logits.begin());
}

}  // namespace manta::engines::llama
