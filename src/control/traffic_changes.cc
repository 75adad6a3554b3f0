// TrafficControl: what people change and see.
#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "base/metrics.h"
#include "control/traffic_control.h"

namespace manta::control {
namespace {

double weight_sum(const std::vector<TrafficTarget>& weights) {
  double sum = 0;
  for (const TrafficTarget& target : weights) sum += target.weight;
  return sum;
}

Result<void> set_weights(std::vector<TrafficTarget>& weights, const std::vector<TrafficTarget>& wanted) {
  for (const TrafficTarget& target : wanted) {
    const auto known = std::ranges::find(weights, target.deployment, &TrafficTarget::deployment);
    if (known == weights.end())
      return fail(ErrorCode::InvalidArgument, fmt::format("'{}' is no target of this route", target.deployment));
    if (!std::isfinite(target.weight) || target.weight < 0)
      return fail(ErrorCode::InvalidArgument, fmt::format("the weight of '{}' must be 0 or more", target.deployment));
    known->weight = target.weight;
  }
  if (wanted.empty() || weight_sum(weights) <= 0)
    return fail(ErrorCode::InvalidArgument, "at least one target needs a weight above 0");
  return {};
}

}  // namespace

Result<TrafficControl::Entry*> TrafficControl::find(const std::string& application, const std::string& route) {
  std::vector<Entry*> found;
  std::string known;
  for (auto& [key, entry] : entries_) {
    if (key.first != application) continue;
    known += fmt::format("{}'{}'", known.empty() ? "" : ", ", key.second);
    if (route.empty() || key.second == route) found.push_back(&entry);
  }
  if (found.size() == 1) return found.front();
  if (known.empty())
    return std::unexpected(Error{
        .code = ErrorCode::NotFound,
        .message =
            fmt::format("application '{}' has no traffic rules: give it `traffic` in its configuration", application)});
  if (found.empty())
    return std::unexpected(Error{.code = ErrorCode::NotFound,
                                 .message = fmt::format("application '{}' has no traffic rule for '{}'; it has: {}",
                                                        application, route, known)});
  return std::unexpected(
      Error{.code = ErrorCode::InvalidArgument,
            .message = fmt::format("application '{}' has several traffic rules, name one: {}", application, known)});
}

Result<TrafficState> TrafficControl::requested(const Entry& entry, const TrafficRequest& request) {
  TrafficState next = entry.state;
  if (request.action == "set") {
    next.phase = "manual";
    if (auto set = set_weights(next.weights, request.set); !set) return std::unexpected(std::move(set.error()));
    return next;
  }
  const bool promotes = request.action == "promote";
  if (!promotes && request.action != "rollback")
    return std::unexpected(
        Error{.code = ErrorCode::InvalidArgument,
              .message = fmt::format("action '{}': expected set, promote, rollback or restart", request.action)});
  const std::string to = !request.deployment.empty() ? request.deployment
                         : entry.rule.promote        ? entry.rule.promote->to
                                                     : "";
  if (to.empty())
    return std::unexpected(
        Error{.code = ErrorCode::InvalidArgument, .message = "this route has no promotion: name the deployment"});
  if (std::ranges::find(entry.rule.split, to, &TrafficTarget::deployment) == entry.rule.split.end())
    return std::unexpected(
        Error{.code = ErrorCode::InvalidArgument, .message = fmt::format("'{}' is no target of this route", to)});
  next.phase = promotes ? "promoted" : "rolled_back";
  next.weights = with_share(entry.rule.split, to, promotes ? 100 : 0);
  if (weight_sum(next.weights) <= 0)
    return std::unexpected(Error{.code = ErrorCode::InvalidArgument,
                                 .message = fmt::format("no other target than '{}' has a weight", to)});
  return next;
}

Result<void> TrafficControl::change(const std::string& application, const TrafficRequest& request,
                                    const std::string& by) {
  const auto entry = find(application, request.route);
  if (!entry) return std::unexpected(entry.error());
  if (request.action == "restart") {
    if (!(*entry)->rule.promote) return fail(ErrorCode::InvalidArgument, "this route has no promotion to restart");
    return begin(**entry, "restarted by hand", by);
  }
  auto next = requested(**entry, request);
  if (!next) return std::unexpected(std::move(next.error()));
  return move(**entry, std::move(*next), "by hand", by);
}

TrafficDetails TrafficControl::details_of(const Entry& entry) {
  const TrafficState& state = entry.state;
  TrafficDetails details{.route = state.route,
                         .sticky = entry.rule.sticky,
                         .shadow = entry.rule.shadow ? entry.rule.shadow->deployment : "",
                         .phase = state.phase,
                         .reason = entry.waits_for,
                         .step = state.step,
                         .since_s = state.since_s,
                         .changes = state.changes};
  if (details.reason.empty() && !state.changes.empty()) details.reason = state.changes.back().reason;
  if (entry.rule.promote) details.steps = entry.rule.promote->steps;
  const double quantile = entry.rule.promote ? entry.rule.promote->latency_quantile : 0.95;
  for (const TrafficTarget& target : state.weights) {
    const auto side = entry.figures.find(target.deployment);
    TrafficTargetDetails of_target{.deployment = target.deployment, .weight = target.weight};
    if (side != entry.figures.end()) {
      of_target.requests = side->second.requests;
      of_target.errors = side->second.errors;
      of_target.latency_ms = side->second.latency.quantile(quantile);
    }
    details.targets.push_back(std::move(of_target));
  }
  return details;
}

std::vector<TrafficDetails> TrafficControl::details(const std::string& application) const {
  std::vector<TrafficDetails> all;
  for (const auto& [key, entry] : entries_)
    if (key.first == application) all.push_back(details_of(entry));
  return all;
}

std::string TrafficControl::figures() const {
  Metrics metrics;
  for (const auto& [key, entry] : entries_) {
    const double sum = weight_sum(entry.state.weights);
    for (const TrafficTarget& target : entry.state.weights)
      metrics
          .gauge("manta_traffic_share", "Part of the requests of a route that a deployment is to get, 0 to 1",
                 {{"application", key.first}, {"route", key.second}, {"deployment", target.deployment}})
          .set(sum > 0 ? target.weight / sum : 0);
  }
  return metrics.text();
}

}  // namespace manta::control
