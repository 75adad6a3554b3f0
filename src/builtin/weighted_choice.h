#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace manta::builtin {

// Chooses among several by weight. Requests of one session (x-session-id) get the same answer as long as the weights
// stay; when one weight changes against the others, only sessions that it gains or loses go elsewhere (weighted
// rendezvous hashing).
class WeightedChoice {
 public:
  // Shares of their sum; at least one above 0, none below, else Exception(InvalidArgument).
  explicit WeightedChoice(std::vector<double> weights);
  // For the current request.
  std::size_t pick();

 private:
  std::vector<double> weights_;
  std::uint64_t random_;
};

}  // namespace manta::builtin
