#include "engines/generation/step_cost.h"

#include <algorithm>

namespace manta::engines {
namespace {

constexpr double kStepWeight = 0.2;  // of the newest step in the mean
constexpr double kLeastGain = 1.05;  // a draft that promises less is not worth the risk
constexpr double kOutlier = 3;       // a step that took so many times the mean was disturbed

}  // namespace

void StepCost::record(std::size_t tokens, double seconds) {
  if (tokens >= seconds_.size() || !(seconds > 0)) return;
  double& mean = seconds_[tokens];
  mean = mean == 0 ? seconds : mean + kStepWeight * (std::min(seconds, kOutlier * mean) - mean);
}

double StepCost::of(std::size_t tokens) const {
  const double one = seconds_.size() > 1 ? seconds_[1] : 0;
  std::size_t below = 1, above = 0;
  for (std::size_t n = 2; one > 0 && n < seconds_.size(); ++n) {
    if (seconds_[n] == 0) continue;
    if (n <= tokens) below = n;
    if (n >= tokens && above == 0) above = n;
  }
  const auto relative = [&](std::size_t n) { return n == 1 ? 1 : seconds_[n] / one; };
  const double beyond = static_cast<double>(tokens - std::min(below, tokens));
  if (above <= below) return relative(below) + kUnknownToken * beyond;
  return relative(below) + beyond * (relative(above) - relative(below)) / static_cast<double>(above - below);
}

std::size_t draft_length(const std::vector<double>& acceptance, const StepCost& cost, std::size_t streams) {
  const double plain = cost.of(streams), count = static_cast<double>(streams);
  double best = kLeastGain * count / plain, expected = 0, reached = 1;
  std::size_t length = 0;
  for (std::size_t drafted = 1; drafted <= acceptance.size(); ++drafted) {
    reached *= acceptance[drafted - 1];
    expected += reached;
    const double step = streams == 1 ? cost.of(1 + drafted) : plain + cost.of(drafted);
    if ((count + expected) / step <= best) continue;
    best = (count + expected) / step;
    length = drafted;
  }
  return length;
}

}  // namespace manta::engines
