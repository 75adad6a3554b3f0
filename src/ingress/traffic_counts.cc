#include "ingress/traffic_counts.h"

#include <algorithm>
#include <chrono>

namespace manta::ingress {

TrafficOutcome traffic_outcome(int status, std::optional<ErrorCode> failure) {
  constexpr int kClientGone = 499;
  if (status == kClientGone || status == 429) return TrafficOutcome::Neutral;
  if (failure == ErrorCode::Overloaded || failure == ErrorCode::Cancelled) return TrafficOutcome::Neutral;
  if (failure == ErrorCode::DeadlineExceeded) return TrafficOutcome::Error;
  if (status >= 500) return status == 503 && !failure ? TrafficOutcome::Neutral : TrafficOutcome::Error;
  return status >= 400 ? TrafficOutcome::Refused : TrafficOutcome::Good;
}

TrafficCounts::TrafficCounts(Metrics& metrics, const std::string& application, const spec::TrafficRoute& rule)
    : series_(metrics.part()), application_(application), route_(rule.route), stage_(rule.stage) {
  for (const spec::TrafficShare& share : rule.split) {
    const Labels labels{{"application", application}, {"route", rule.route}, {"deployment", share.deployment}};
    targets_.push_back(
        {.deployment = share.deployment,
         .all = series_.counter("manta_traffic_requests", "Requests that a target of a split has answered", labels),
         .failed = series_.counter("manta_traffic_errors", "Those of them that were errors (5xx)", labels),
         .latency_ms =
             series_.histogram("manta_traffic_latency_ms", "Time to the end of good answers of a target, ms", labels)});
  }
}

bool TrafficCounts::are_of(const spec::TrafficRoute& rule) const {
  return std::ranges::equal(targets_, rule.split, {}, &Target::deployment, &spec::TrafficShare::deployment);
}

bool TrafficCounts::is_too_short(std::size_t target, Duration given) const {
  bool is_known = false;
  for (std::size_t i = 0; i < targets_.size(); ++i) {
    if (i == target || !targets_[i].usual.is_known()) continue;
    if (!targets_[i].usual.is_beyond(given)) return false;
    is_known = true;
  }
  return is_known;
}

void TrafficCounts::count(std::size_t target, TrafficOutcome outcome, Duration latency) {
  if (outcome == TrafficOutcome::Neutral) return;
  Target& counted = targets_.at(target);
  ++counted.requests;
  counted.all.add();
  if (outcome == TrafficOutcome::Error) {
    ++counted.errors;
    counted.failed.add();
  } else if (outcome == TrafficOutcome::Good) {
    const double latency_ms = std::chrono::duration<double, std::milli>(latency).count();
    counted.usual.note(latency);
    counted.latency.add(latency_ms);
    counted.latency_ms.observe(latency_ms);
  }
}

spec::RouteFigures TrafficCounts::take() {
  spec::RouteFigures figures{.application = application_, .route = route_, .stage = stage_, .targets = {}};
  for (Target& target : targets_) {
    if (target.requests == 0) continue;
    figures.targets.push_back({target.deployment, target.requests, target.errors, target.latency.bins()});
    target.requests = target.errors = 0;
    target.latency = {};
  }
  return figures;
}

void TrafficCounts::put_back(const spec::RouteFigures& figures) {
  for (const spec::TargetFigures& lost : figures.targets) {
    const auto target = std::ranges::find(targets_, lost.deployment, &Target::deployment);
    if (target == targets_.end()) continue;
    target->requests += lost.requests;
    target->errors += lost.errors;
    target->latency.add(lost.latency);
  }
}

}  // namespace manta::ingress
