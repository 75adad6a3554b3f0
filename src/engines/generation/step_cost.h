#pragma once

#include <cstddef>
#include <vector>

namespace manta::engines {

// What a step of n tokens costs against a step of one, learned from the steps that were run. On an accelerator with
// room to spare the first tokens cost nothing; on a CPU each costs most of a step. Engine thread only.
class StepCost {
 public:
  // Steps of up to `most` tokens are told apart.
  explicit StepCost(std::size_t most) : seconds_(most + 1) {}

  // A step of `tokens` took that long. Nothing when that is not positive.
  void record(std::size_t tokens, double seconds);

  // 1 for one token. Between two sizes that were measured a straight line; beyond them, and before anything was
  // measured, each token costs kUnknownToken.
  double of(std::size_t tokens) const;

  static constexpr double kUnknownToken = 0.6;

 private:
  std::vector<double> seconds_;  // by tokens, a moving mean; 0 = never measured
};

// How many drafted tokens are worth computing in the next step; 0 = none. acceptance[i]: how likely the i-th is right
// when those before it are. `streams` sequences take part in the step with one token each anyway. Most tokens per cost
// win, by the rule below; a gain under 5 % is none. With several streams a draft runs as a part of its own (llama.cpp
// computes equally long pieces of sequences together), so it costs of(streams) + of(drafted).
std::size_t draft_length(const std::vector<double>& acceptance, const StepCost& cost, std::size_t streams);

}  // namespace manta::engines
