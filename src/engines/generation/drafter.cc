#include "engines/generation/drafter.h"

#include <algorithm>
#include <bit>

namespace manta::engines {
namespace {

// Before anything is known about a request: rates that let only long matches be tried.
constexpr std::array kFirstRates = {0.3, 0.6, 0.85, 0.93};
constexpr double kFirstWeight = 4, kFading = 0.97;

std::size_t match_class(std::size_t length) {
  const auto bits = static_cast<std::size_t>(std::bit_width(std::max(length, kShortestMatch)));
  return std::min(bits - 2, kFirstRates.size() - 1);
}

}  // namespace

double AcceptanceRates::of(std::size_t match_length) const {
  const std::size_t index = match_class(match_length);
  const Outcomes& outcomes = outcomes_[index];
  return (kFirstWeight * kFirstRates[index] + outcomes.right) / (kFirstWeight + outcomes.all);
}

void AcceptanceRates::record(std::size_t match_length, bool accepted) {
  Outcomes& outcomes = outcomes_[match_class(match_length)];
  outcomes.right = kFading * outcomes.right + (accepted ? 1 : 0);
  outcomes.all = kFading * outcomes.all + 1;
}

std::span<const Token> Drafter::propose(std::span<const Token> tokens, std::size_t most, const StepCost& cost,
                                        std::size_t streams) {
  match_ = ngram_lookup(tokens, std::max<std::size_t>(most, 1));
  confirmed_ = 0;
  std::vector<double> acceptance;
  for (std::size_t i = 0; i < std::min(most, match_.continuation.size()); ++i)
    acceptance.push_back(rates_.of(match_.length + i));
  return std::span(match_.continuation).first(draft_length(acceptance, cost, streams));
}

void Drafter::sampled(Token token) {
  if (confirmed_ >= match_.continuation.size()) return;
  const bool right = match_.continuation[confirmed_] == token;
  rates_.record(match_.length + confirmed_, right);
  confirmed_ = right ? confirmed_ + 1 : match_.continuation.size();
}

}  // namespace manta::engines
