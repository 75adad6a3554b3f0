#include "ingress/traffic_choice.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace manta::ingress {
namespace {

// The finaliser of MurmurHash3: every bit of the input moves every bit of the output.
std::uint64_t scatter(std::uint64_t x) {
  x = (x ^ (x >> 33U)) * 0xff51afd7ed558ccdU;
  x = (x ^ (x >> 33U)) * 0xc4ceb9fe1a85ec53U;
  return x ^ (x >> 33U);
}

// Between 0 and 1, neither of them.
double fraction(std::uint64_t bits) { return (static_cast<double>(bits >> 11U) + 0.5) * 0x1p-53; }

}  // namespace

std::uint64_t traffic_hash(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325U;  // FNV-1a
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return scatter(hash);
}

// With u uniform in (0, 1), -ln(u) / weight is exponential with rate `weight`: the least of several is each one's with
// the probability of its share.
std::size_t choose_target(std::span<const TrafficOption> options, std::uint64_t key) {
  const bool any =
      std::ranges::any_of(options, [](const auto& option) { return option.available && option.weight > 0; });
  std::size_t chosen = 0;
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < options.size(); ++i) {
    const TrafficOption& option = options[i];
    if (option.weight <= 0 || (any && !option.available)) continue;
    const double score = -std::log(fraction(scatter(key ^ option.id))) / option.weight;
    if (score >= least) continue;
    least = score;
    chosen = i;
  }
  return chosen;
}

bool is_sampled(double percent, std::uint64_t random) { return fraction(scatter(random)) * 100 < percent; }

}  // namespace manta::ingress
