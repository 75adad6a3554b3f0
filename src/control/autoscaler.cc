#include "control/autoscaler.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "base/of_seconds.h"
#include "spec/autoscaling_policy.h"

namespace manta::control {
namespace {

// While the load over the window moves, decisions may change at any time.
constexpr Duration kLookInterval = std::chrono::milliseconds(100);
constexpr Duration kIntervalForEach = std::chrono::microseconds(200);  // reporter
constexpr double kShortestSilence_s = 10;
constexpr double kStepsKept_s = 3600;  // the lowest rates are less than one an hour

LoadHistory history(const AutoscaleTerms& terms, TimePoint start, double value) {
  return {of_seconds(terms.config.look_back_period_s), aggregation_named(terms.config.aggregation_function), start,
          value};
}

Duration silence_limit(const AutoscalingConfig& config) {
  return of_seconds(std::max(2 * config.metrics_interval_s, kShortestSilence_s));
}

void push(std::deque<ScalingDecision>& entries, const ScalingDecision& entry) {
  entries.push_back(entry);
  if (entries.size() > Autoscaler::kRemembered) entries.pop_front();
}

}  // namespace

void Autoscaler::follow(const DeploymentKey& key, const AutoscaleTerms& terms) {
  const auto [at, added] = deployments_.try_emplace(key);
  Deployment& deployment = at->second;
  if (!added && deployment.terms == terms) return;
  if (added || deployment.terms.policy != terms.policy) {
    deployment.memory = {.of = terms.policy};
    deployment.asked = {.name = terms.policy.name, .scope = terms.policy.of_application ? "application" : "deployment"};
    deployment.current = {};
  }
  deployment.terms = terms;
  deployment.policy = autoscale_policy(terms.config);
  const auto options = spec::read_target_metric(terms.config.policy_kwargs);
  deployment.metric = terms.config.policy == spec::kTargetMetricPolicy && options ? options->metric : "";
  deployment.delay = {};
  const Duration window = of_seconds(terms.config.look_back_period_s);
  const Aggregation aggregation = aggregation_named(terms.config.aggregation_function);
  for (auto& [id, load] : deployment.running) load.set_window(window, aggregation);
  for (auto& [id, caller] : deployment.queued) caller.load.set_window(window, aggregation);
  for (auto& [name, replicas] : deployment.metrics)
    for (auto& [id, load] : replicas) load.set_window(window, aggregation);
}

std::vector<DeploymentKey> Autoscaler::followed() const {
  std::vector<DeploymentKey> keys;
  for (const auto& [key, deployment] : deployments_) keys.push_back(key);
  return keys;
}

void Autoscaler::keep_only(const std::vector<DeploymentKey>& keys) {
  std::erase_if(deployments_, [&](const auto& entry) { return !std::ranges::binary_search(keys, entry.first); });
}

void Autoscaler::replica_load(const DeploymentKey& key, const std::string& replica, double ongoing, TimePoint now) {
  const auto found = deployments_.find(key);
  if (found == deployments_.end()) return;
  auto& running = found->second.running;
  if (const auto known = running.find(replica); known != running.end())
    known->second.record(now, ongoing);
  else
    running.emplace(replica, history(found->second.terms, now, ongoing));
}

void Autoscaler::replica_metrics(const DeploymentKey& key, const std::string& replica,
                                 const std::map<std::string, double>& metrics, TimePoint now) {
  const auto found = deployments_.find(key);
  if (found == deployments_.end()) return;
  MetricLoads& loads = found->second.metrics;
  for (const auto& [name, value] : metrics) {
    if (!std::isfinite(value) || (!loads.contains(name) && loads.size() >= kMostMetrics)) continue;
    auto& replicas = loads[name];
    if (const auto known = replicas.find(replica); known != replicas.end())
      known->second.record(now, value);
    else
      replicas.emplace(replica, history(found->second.terms, now, value));
  }
}

// A caller that is heard for the first time had no request waiting until now.
std::vector<DeploymentKey> Autoscaler::queued(CallerId caller, const spec::LoadReport& report, TimePoint now) {
  std::vector<DeploymentKey> changed;
  for (const spec::QueuedRequests& entry : report.deployments) {
    const DeploymentKey key{entry.application, entry.deployment};
    const auto found = deployments_.find(key);
    if (found == deployments_.end()) continue;
    Deployment& deployment = found->second;
    const double value = static_cast<double>(std::max<std::int64_t>(0, entry.queued));
    const TimePoint before = now - of_seconds(deployment.terms.config.look_back_period_s);
    auto& known =
        deployment.queued.try_emplace(caller, Caller{history(deployment.terms, before, 0), now}).first->second;
    if (known.load.value() != value) changed.push_back(key);
    known.load.record(now, value);
    known.heard = now;
    deployment.silenced.erase(caller);
  }
  return changed;
}

std::vector<DeploymentKey> Autoscaler::caller_gone(CallerId caller) {
  std::vector<DeploymentKey> changed;
  for (auto& [key, deployment] : deployments_) {
    deployment.silenced.erase(caller);
    if (deployment.queued.erase(caller) > 0) changed.push_back(key);
  }
  return changed;
}

// One that has nothing waiting may be silent; it is forgotten when its past has left the window.
void Autoscaler::drop_silent(Deployment& deployment, TimePoint now) {
  const Duration limit = silence_limit(deployment.terms.config);
  std::erase_if(deployment.queued, [&](const auto& entry) {
    const auto& [id, caller] = entry;
    if (now - caller.heard < limit) return false;
    if (caller.load.value() > 0) deployment.silenced[id] = caller.load.value();
    return caller.load.value() > 0 || caller.load.is_steady(now);
  });
}

void Autoscaler::keep_running(Deployment& deployment, const std::vector<std::string>& running, TimePoint now) {
  std::erase_if(deployment.running,
                [&](const auto& entry) { return std::ranges::find(running, entry.first) == running.end(); });
  for (const std::string& id : running) deployment.running.try_emplace(id, history(deployment.terms, now, 0));
  for (auto& [name, replicas] : deployment.metrics)
    std::erase_if(replicas, [&](const auto& entry) { return !deployment.running.contains(entry.first); });
  std::erase_if(deployment.metrics, [](const auto& entry) { return entry.second.empty(); });
}

double Autoscaler::total(Deployment& deployment, TimePoint now) {
  std::vector<LoadPoints> series;
  for (auto& [id, load] : deployment.running) {
    load.prune(now);
    series.push_back(load.points(now));
  }
  for (auto& [id, caller] : deployment.queued) {
    caller.load.prune(now);
    series.push_back(caller.load.points(now));
  }
  return total_requests(series, aggregation_named(deployment.terms.config.aggregation_function), seconds_of(now));
}

std::int64_t Autoscaler::waiting(const Deployment& deployment) {
  std::int64_t count = 0;
  for (const auto& [id, caller] : deployment.queued) count += static_cast<std::int64_t>(caller.load.value());
  return count;
}

AutoscaleInput Autoscaler::input_of(Deployment& deployment, const std::vector<std::string>& running, int target,
                                    TimePoint now) {
  drop_silent(deployment, now);
  keep_running(deployment, running, now);
  AutoscaleInput input{.now_s = seconds_of(now),
                       .load = {.running = static_cast<int>(running.size()), .target = target},
                       .bounds = deployment.terms.bounds,
                       .gang_size = deployment.terms.gang_size,
                       .delay = deployment.delay,
                       .steps = deployment.steps};
  input.load.total = total(deployment, now);
  // The lowest of a window is still none then; a request that waits for a replica is not let wait for that.
  if (running.empty() && input.load.total <= 0) input.load.total = static_cast<double>(waiting(deployment));
  if (!deployment.metric.empty()) {
    input.policy = deployment.terms.policy.name;
    input.held_because = "no replica that runs has reported '" + deployment.metric + "'";
    input.load.metric = metric_sum(deployment, deployment.metric, now);
  }
  return input;
}

AutoscaleDecision Autoscaler::look(const DeploymentKey& key, const std::vector<std::string>& running, int target,
                                   Moment now) {
  const auto began = std::chrono::steady_clock::now();
  Deployment& deployment = deployments_.at(key);
  AutoscaleInput input = input_of(deployment, running, target, now.at);
  const bool wakes = running.empty() && input.load.total > 0;
  if (deployment.terms.policy.is_asked && !wakes && !deployment.current.verdict.empty()) {
    if (deployment.due_s && *deployment.due_s <= input.now_s) deployment.due_s.reset();
    deployment.next_look = next_look(deployment, Verdict::Steady, now.at);
    return {.num_replicas = target};
  }
  AutoscalePolicy policy = deployment.policy;
  if (deployment.terms.policy.is_asked) {
    input.policy = deployment.terms.policy.name;
    input.held_because = "the policy has not answered yet";
    policy = [](const AutoscaleLoad&, const AutoscalingConfig&) { return std::nullopt; };
  }
  const AutoscaleDecision decision = decided(deployment, input, now, policy);
  deployment.look_ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began).count();
  return decision;
}

AutoscaleDecision Autoscaler::decided(Deployment& deployment, const AutoscaleInput& input, Moment now,
                                      const AutoscalePolicy& policy) {
  const AutoscaleDecision decision = decide(input, deployment.terms.config, policy);
  remember(deployment, entry_of(deployment, input, decision, now), decision, now.at);
  return decision;
}

void Autoscaler::remember(Deployment& deployment, ScalingDecision entry, const AutoscaleDecision& decision,
                          TimePoint now) {
  const double now_s = seconds_of(now);
  const int by = entry.curr_num_replicas - entry.prev_num_replicas;
  if (by != 0) deployment.steps.push_back({.at_s = now_s, .by = by});
  std::erase_if(deployment.steps, [now_s](const ScaleStep& step) { return step.at_s + kStepsKept_s < now_s; });
  if (by > 0) deployment.memory.last_scale_up_time = entry.timestamp_s;
  if (by < 0) deployment.memory.last_scale_down_time = entry.timestamp_s;
  if (by != 0) push(deployment.decisions, entry);
  if (by != 0 || entry.verdict != deployment.current.verdict) push(deployment.verdicts, entry);
  deployment.delay = decision.delay;
  deployment.due_s = decision.due_s;
  deployment.current = std::move(entry);
  deployment.next_look = next_look(deployment, decision.verdict, now);
}

std::optional<TimePoint> Autoscaler::next_look(const Deployment& deployment, Verdict verdict, TimePoint now) {
  std::optional<TimePoint> next;
  const auto at = [&next](TimePoint when) { next = next ? std::min(*next, when) : when; };
  if (deployment.due_s)
    at(now + std::max<Duration>(of_seconds(*deployment.due_s - seconds_of(now)), std::chrono::milliseconds(1)));
  const auto is_steady = [now](const auto& entry) { return entry.second.is_steady(now); };
  const auto metric = deployment.metrics.find(deployment.metric);
  const bool steady =
      std::ranges::all_of(deployment.running, is_steady) &&
      (metric == deployment.metrics.end() || std::ranges::all_of(metric->second, is_steady)) &&
      std::ranges::all_of(deployment.queued, [now](const auto& entry) { return entry.second.load.is_steady(now); });
  const Duration interval = kLookInterval + kIntervalForEach * (deployment.running.size() + deployment.queued.size());
  if (!steady || verdict == Verdict::Up || verdict == Verdict::Down) at(now + interval);
  for (const auto& [id, caller] : deployment.queued)
    at(std::max(caller.heard + silence_limit(deployment.terms.config), now + kLookInterval));
  return next;
}

std::optional<TimePoint> Autoscaler::next_look(const DeploymentKey& key) const {
  const auto found = deployments_.find(key);
  return found == deployments_.end() ? std::nullopt : found->second.next_look;
}

}  // namespace manta::control
