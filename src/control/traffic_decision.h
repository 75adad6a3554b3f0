#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <manta/traffic_config.h>

#include "spec/traffic_latency.h"

namespace manta::control {

// How some targets have answered since the weights last changed.
struct TrafficSide {
  std::int64_t requests = 0;  // without those that only found no room
  std::int64_t errors = 0;
  spec::TrafficLatency latency;
};

// A promotion at one moment. Pure data; the sides outlive it.
struct TrafficView {
  std::size_t step = 0;  // index into TrafficPromotion::steps
  double on_step_s = 0;
  const TrafficSide& candidate;  // TrafficPromotion::to
  const TrafficSide& others;
  double others_ms = 0;  // what they took when enough of them had last been counted; 0: never
};

enum class TrafficMove {
  Stay,
  Next,    // to the next step
  Finish,  // the candidate gets everything
  Fail,    // what TrafficPromotion::on_failure says
};

struct TrafficVerdict {
  TrafficMove move = TrafficMove::Stay;
  std::string reason;  // of staying too: what is waited for
};

// The latency of the other targets that a candidate is held to: the upper end of where the quantile surely lies. 0: too
// few answers.
double others_latency_ms(const TrafficPromotion& promotion, const TrafficSide& others);

// Fails as soon as more answers were errors than max_error_rate lets among them, or among the min_requests that will
// have been given; and when the candidate is surely slower than max_latency_ratio lets: the lower end of where its
// quantile lies against the upper end of the others', two standard errors each. Moves on after hold_s with at least
// min_requests answers.
TrafficVerdict judge_traffic(const TrafficPromotion& promotion, const TrafficView& view);

// The split with `percent` of the traffic for `to`; the others share the rest as they do in `split`.
std::vector<TrafficTarget> with_share(const std::vector<TrafficTarget>& split, const std::string& to, double percent);

}  // namespace manta::control
