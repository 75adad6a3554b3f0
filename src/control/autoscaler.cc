#include "control/autoscaler.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "base/metrics.h"
#include "base/of_seconds.h"

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
  deployment.terms = terms;
  deployment.policy = autoscale_policy(terms.config);
  deployment.delay = {};
  const Duration window = of_seconds(terms.config.look_back_period_s);
  const Aggregation aggregation = aggregation_named(terms.config.aggregation_function);
  for (auto& [id, load] : deployment.running) load.set_window(window, aggregation);
  for (auto& [id, caller] : deployment.queued) caller.load.set_window(window, aggregation);
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
  }
  return changed;
}

std::vector<DeploymentKey> Autoscaler::caller_gone(CallerId caller) {
  std::vector<DeploymentKey> changed;
  for (auto& [key, deployment] : deployments_)
    if (deployment.queued.erase(caller) > 0) changed.push_back(key);
  return changed;
}

// One that has nothing waiting may be silent; it is forgotten when its past has left the window.
void Autoscaler::drop_silent(Deployment& deployment, TimePoint now) {
  const Duration limit = silence_limit(deployment.terms.config);
  std::erase_if(deployment.queued, [&](const auto& entry) {
    const Caller& caller = entry.second;
    return now - caller.heard >= limit && (caller.load.value() > 0 || caller.load.is_steady(now));
  });
}

void Autoscaler::keep_running(Deployment& deployment, const std::vector<std::string>& running, TimePoint now) {
  std::erase_if(deployment.running,
                [&](const auto& entry) { return std::ranges::find(running, entry.first) == running.end(); });
  for (const std::string& id : running) deployment.running.try_emplace(id, history(deployment.terms, now, 0));
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

AutoscaleDecision Autoscaler::look(const DeploymentKey& key, const std::vector<std::string>& running, int target,
                                   Moment now) {
  const auto began = std::chrono::steady_clock::now();
  Deployment& deployment = deployments_.at(key);
  drop_silent(deployment, now.at);
  keep_running(deployment, running, now.at);
  AutoscaleInput input{.now_s = seconds_of(now.at),
                       .load = {.running = static_cast<int>(running.size()), .target = target},
                       .bounds = deployment.terms.bounds,
                       .gang_size = deployment.terms.gang_size,
                       .delay = deployment.delay,
                       .steps = deployment.steps};
  std::int64_t waiting = 0;
  for (const auto& [id, caller] : deployment.queued) waiting += static_cast<std::int64_t>(caller.load.value());
  input.load.total = total(deployment, now.at);
  // The lowest of a window is still none then; a request that waits for a replica is not let wait for that.
  if (running.empty() && input.load.total <= 0) input.load.total = static_cast<double>(waiting);
  const AutoscaleDecision decision = decide(input, deployment.terms.config, deployment.policy);
  remember(deployment,
           {.timestamp_s = now.unix_s,
            .verdict = std::string(verdict_name(decision.verdict)),
            .reason = decision.reason,
            .prev_num_replicas = target,
            .curr_num_replicas = decision.num_replicas,
            .desired_num_replicas = decision.desired,
            .running_replicas = input.load.running,
            .total_num_requests = input.load.total,
            .queued_requests = waiting,
            .policy = deployment.terms.config.policy},
           decision, now.at);
  deployment.look_ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began).count();
  return decision;
}

void Autoscaler::remember(Deployment& deployment, ScalingDecision entry, const AutoscaleDecision& decision,
                          TimePoint now) {
  const double now_s = seconds_of(now);
  const int by = entry.curr_num_replicas - entry.prev_num_replicas;
  if (by != 0) deployment.steps.push_back({.at_s = now_s, .by = by});
  std::erase_if(deployment.steps, [now_s](const ScaleStep& step) { return step.at_s + kStepsKept_s < now_s; });
  if (by != 0) push(deployment.decisions, entry);
  if (by != 0 || entry.verdict != deployment.current.verdict) push(deployment.verdicts, entry);
  deployment.delay = decision.delay;
  deployment.current = std::move(entry);
  deployment.next_look = next_look(deployment, decision, now);
}

std::optional<TimePoint> Autoscaler::next_look(const Deployment& deployment, const AutoscaleDecision& decision,
                                               TimePoint now) {
  std::optional<TimePoint> next;
  const auto at = [&next](TimePoint when) { next = next ? std::min(*next, when) : when; };
  if (decision.due_s)
    at(now + std::max<Duration>(of_seconds(*decision.due_s - seconds_of(now)), std::chrono::milliseconds(1)));
  const bool steady =
      std::ranges::all_of(deployment.running, [now](const auto& entry) { return entry.second.is_steady(now); }) &&
      std::ranges::all_of(deployment.queued, [now](const auto& entry) { return entry.second.load.is_steady(now); });
  const Duration interval = kLookInterval + kIntervalForEach * (deployment.running.size() + deployment.queued.size());
  if (!steady || decision.verdict == Verdict::Up || decision.verdict == Verdict::Down) at(now + interval);
  for (const auto& [id, caller] : deployment.queued)
    at(std::max(caller.heard + silence_limit(deployment.terms.config), now + kLookInterval));
  return next;
}

std::optional<TimePoint> Autoscaler::next_look(const DeploymentKey& key) const {
  const auto found = deployments_.find(key);
  return found == deployments_.end() ? std::nullopt : found->second.next_look;
}

AutoscalingDetail Autoscaler::detail(const DeploymentKey& key) const {
  const Deployment& deployment = deployments_.at(key);
  const ScalingDecision& current = deployment.current;
  AutoscalingDetail detail{.min_replicas = deployment.terms.bounds.least,
                           .max_replicas = deployment.terms.bounds.most,
                           .current = current,
                           .decisions = {deployment.decisions.begin(), deployment.decisions.end()},
                           .verdicts = {deployment.verdicts.begin(), deployment.verdicts.end()}};
  if (current.curr_num_replicas != current.running_replicas)
    detail.scaling_status = current.curr_num_replicas > current.running_replicas ? "UPSCALING" : "DOWNSCALING";
  double running = 0;
  for (const auto& [id, load] : deployment.running) running += load.value();
  detail.metrics = {{"ongoing_requests", current.total_num_requests},
                    {"running_requests", running},
                    {"queued_requests", static_cast<double>(current.queued_requests)},
                    {"target_ongoing_requests", deployment.terms.config.target_ongoing_requests}};
  return detail;
}

std::string Autoscaler::figures() const {
  Metrics metrics;
  for (const auto& [key, deployment] : deployments_) {
    const Labels labels{{"application", key.application}, {"deployment", key.deployment}};
    const Labels scoped{
        {"application", key.application}, {"deployment", key.deployment}, {"policy_scope", "deployment"}};
    const auto gauge = [&](const char* name, const char* help, double value, const Labels& of) {
      metrics.gauge(name, help, of).set(value);
    };
    const ScalingDecision& current = deployment.current;
    gauge("autoscaling_target_replicas", "Replicas that should run.", current.curr_num_replicas, labels);
    gauge("autoscaling_desired_replicas", "Replicas that the load asks for, before delays and bounds.",
          current.desired_num_replicas, labels);
    gauge("autoscaling_total_requests", "Running and waiting requests, over look_back_period_s.",
          current.total_num_requests, labels);
    gauge("autoscaling_target_ongoing_requests", "Requests wanted on each replica.",
          deployment.terms.config.target_ongoing_requests, labels);
    gauge("autoscaling_policy_execution_time_ms", "How long the last look took.", deployment.look_ms, scoped);
  }
  return metrics.text();
}

}  // namespace manta::control
