#include "builtin/weighted_choice.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <utility>

#include <manta/detail/request_context.h>
#include <manta/error.h>

#include "builtin/scatter.h"

namespace manta::builtin {

WeightedChoice::WeightedChoice(std::vector<double> weights)
    : weights_(std::move(weights)), random_(std::uint64_t{std::random_device{}()} << 32U | std::random_device{}()) {
  double sum = 0;
  for (const double weight : weights_) {
    if (!(weight >= 0) || std::isinf(weight)) sum = -std::numeric_limits<double>::infinity();
    sum += weight;
  }
  if (!(sum > 0))
    throw Exception(
        {.code = ErrorCode::InvalidArgument, .message = "ABRouter: weights are 0 or more, and at least one is more"});
}

// Each draws a time from an exponential distribution whose rate is its weight; the earliest wins.
std::size_t WeightedChoice::pick() {
  const auto& request = manta::detail::current_request();
  const bool has_session = request && !request->session_id.empty();
  const std::uint64_t seed = has_session ? hash_of(request->session_id) : random_ += kGoldenStep;
  std::size_t best = 0;
  double earliest = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < weights_.size(); ++i) {
    if (weights_[i] == 0) continue;
    const std::uint64_t bits = scattered(seed ^ scattered(i + 1));
    const double uniform = (static_cast<double>(bits >> 11U) + 0.5) * 0x1p-53;
    const double time = -std::log(uniform) / weights_[i];
    if (time < earliest) best = i;
    earliest = std::min(earliest, time);
  }
  return best;
}

}  // namespace manta::builtin
