#include "control/traffic_decision.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace manta::control {
namespace {

// Standard errors by which a quantile may be off: one time in forty it lies farther away on that side.
constexpr double kDeviations = 2;
constexpr double kTick = 1e-6;  // a timer that was set to hold_s is not early

// Empty: not too many.
std::string too_many_errors(const TrafficPromotion& promotion, const TrafficSide& side) {
  const auto answered = static_cast<double>(std::max<std::int64_t>(side.requests, promotion.min_requests));
  const double allowed = promotion.max_error_rate * answered;
  if (static_cast<double>(side.errors) <= allowed) return {};
  return fmt::format("{} of {} answers of {} were errors, at most {:g} % may be", side.errors, side.requests,
                     promotion.to, promotion.max_error_rate * 100);
}

std::string too_slow(const TrafficPromotion& promotion, const TrafficView& view) {
  if (promotion.max_latency_ratio <= 0 || view.candidate.latency.count() < promotion.min_requests) return {};
  const double known = others_latency_ms(promotion, view.others);
  const double others = known > 0 ? known : view.others_ms;
  if (others <= 0) return {};
  const double own = view.candidate.latency.bound(promotion.latency_quantile, -kDeviations);
  if (own <= others * promotion.max_latency_ratio) return {};
  return fmt::format(
      "{:g} % of the answers of {} take up to {:.3g} ms or more, those of the others {:.3g} ms: more than "
      "{:g} times as long",
      promotion.latency_quantile * 100, promotion.to, own, others, promotion.max_latency_ratio);
}

}  // namespace

double others_latency_ms(const TrafficPromotion& promotion, const TrafficSide& others) {
  if (others.latency.count() < promotion.min_requests) return 0;
  return others.latency.bound(promotion.latency_quantile, kDeviations);
}

TrafficVerdict judge_traffic(const TrafficPromotion& promotion, const TrafficView& view) {
  if (std::string why = too_many_errors(promotion, view.candidate); !why.empty()) return {TrafficMove::Fail, why};
  if (std::string why = too_slow(promotion, view); !why.empty()) return {TrafficMove::Fail, why};
  if (view.candidate.requests < promotion.min_requests)
    return {TrafficMove::Stay, fmt::format("{} has answered {} of the {} requests that a step needs", promotion.to,
                                           view.candidate.requests, promotion.min_requests)};
  if (view.on_step_s + kTick < promotion.hold_s)
    return {TrafficMove::Stay, fmt::format("a step lasts {:g} s", promotion.hold_s)};
  const std::string why = fmt::format("{} of {} answers of {} were errors in {:.0f} s", view.candidate.errors,
                                      view.candidate.requests, promotion.to, view.on_step_s);
  return {view.step + 1 < promotion.steps.size() ? TrafficMove::Next : TrafficMove::Finish, why};
}

std::vector<TrafficTarget> with_share(const std::vector<TrafficTarget>& split, const std::string& to, double percent) {
  double others = 0;
  for (const TrafficTarget& target : split)
    if (target.deployment != to) others += target.weight;
  std::vector<TrafficTarget> shared = split;
  for (TrafficTarget& target : shared)
    target.weight = target.deployment == to ? percent : others > 0 ? (100 - percent) * target.weight / others : 0;
  return shared;
}

}  // namespace manta::control
