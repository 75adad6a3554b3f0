#include "control/autoscale.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "control/whole_gangs.h"

namespace manta::control {
namespace {

// A difference of two large times may come out a little short of the delay that it is.
constexpr double kShortfall_s = 1e-6;

// The noise of floating point does not ask for a replica: what is all but whole is whole.
double settled(double number) {
  const double whole = std::round(number);
  return std::abs(number - whole) <= 1e-9 * std::max(1.0, std::abs(whole)) ? whole : number;
}

int up(double number) { return static_cast<int>(std::clamp(std::ceil(settled(number)), -1e9, 1e9)); }

// The whole number for `wish`: within `hysteresis` of a border the present one stays.
int whole(double wish, int present, double hysteresis) {
  if (hysteresis <= 0) return up(wish);
  const int least = up(wish - hysteresis), most = up(wish + hysteresis);
  return std::clamp(present, least, most);
}

// Factors are gains on the difference between what is and what is wished for.
int scaled(double wish, const AutoscaleLoad& load, const AutoscalingConfig& config) {
  if (load.running == 0) return up(wish);
  const double difference = wish - load.running;
  const double factor = difference > 0 ? config.upscaling_factor : config.downscaling_factor;
  const int result = whole(load.running + factor * difference, load.target, config.hysteresis);
  const bool stuck = whole(wish, load.target, config.hysteresis) < load.running && result == load.running;
  return stuck ? result - 1 : result;
}

double down_delay(const AutoscalingConfig& config, bool to_zero) {
  return to_zero ? config.downscale_to_zero_delay_s.value_or(config.downscale_delay_s) : config.downscale_delay_s;
}

// What the policy and its delays come to, before gangs, limits and bounds.
struct Outcome {
  std::optional<double> wish;
  bool held = false;
  int desired = 0;
  int num_replicas = 0;
  DelayState delay;
  double waits_s = 0;  // of the delay, still to come
  double delay_s = 0;
};

Outcome delayed(int desired, int target, const AutoscalingConfig& config, DelayState state, double now_s) {
  Outcome outcome;
  outcome.desired = desired;
  outcome.num_replicas = target;
  const int direction = desired > target ? 1 : desired < target ? -1 : 0;
  if (direction == 0) return outcome;
  if (state.direction != direction) state = {.direction = direction, .since_s = now_s};
  outcome.delay = state;
  outcome.delay_s = direction > 0 ? config.upscale_delay_s : down_delay(config, target == 1);
  const double passed = now_s - state.since_s;
  outcome.waits_s = outcome.delay_s - passed;
  if (passed + kShortfall_s < outcome.delay_s) return outcome;
  outcome.waits_s = 0;
  outcome.delay = {};
  // None at all is reached from one only.
  outcome.num_replicas = direction < 0 && target != 1 ? std::max(1, desired) : desired;
  return outcome;
}

// No delay is passed through, and none is broken off.
Outcome at_once(int replicas, const AutoscaleInput& input) {
  Outcome outcome;
  outcome.desired = outcome.num_replicas = replicas;
  outcome.delay = input.delay;
  return outcome;
}

Outcome by_wish(const AutoscaleInput& input, const AutoscaleLoad& load, const AutoscalingConfig& config,
                const AutoscalePolicy& policy) {
  const std::optional<double> wish = policy(load, config);
  Outcome outcome = at_once(input.load.target, input);
  outcome.held = !wish;
  if (!wish) return outcome;
  const int desired = scaled(*wish, load, config);
  outcome = load.running == 0 && desired > 0
                ? at_once(desired, input)
                : delayed(std::max(0, desired), load.target, config, input.delay, input.now_s);
  outcome.wish = wish;
  return outcome;
}

Outcome by_policy(const AutoscaleInput& input, const AutoscalingConfig& config, const AutoscalePolicy& policy) {
  AutoscaleLoad load = input.load;
  if (input.gang_size > 1 && config.min_replicas == 0 && load.target == input.gang_size) load.target = 1;
  Outcome outcome = load.running == 0 && load.total > 0
                        ? at_once(std::max(up(config.upscaling_factor), load.target), input)
                        : by_wish(input, load, config, policy);
  outcome.num_replicas = whole_gangs(outcome.num_replicas, input.gang_size);
  return outcome;
}

// How many replicas `steps` leave to be added (or removed) now, of `per_minute`; below one a minute the time for one is
// longer. `next_s`: when there will be more.
int allowance(const std::vector<ScaleStep>& steps, int direction, double per_minute, double now_s, double& next_s) {
  const double window_s = per_minute >= 1 ? 60 : 60 / per_minute;
  int left = per_minute >= 1 ? static_cast<int>(std::min(per_minute, 1e6)) : 1;
  bool first = true;
  for (const ScaleStep& step : steps) {
    if (step.by * direction <= 0 || step.at_s + window_s <= now_s) continue;
    left -= step.by * direction;
    if (std::exchange(first, false)) next_s = step.at_s + window_s;
  }
  return std::max(0, left);
}

// The part of a change that the limits allow now, a whole number of gangs. Waking up is not held up.
int limited(int wanted, const AutoscaleInput& input, const AutoscalingConfig& config, double& next_s) {
  const int target = input.load.target, gang = std::max(1, input.gang_size);
  const int direction = wanted > target ? 1 : -1;
  const int max_step = direction > 0 ? config.max_upscale_step : config.max_downscale_step;
  const double rate = direction > 0 ? config.max_upscale_per_minute : config.max_downscale_per_minute;
  int size = std::abs(wanted - target);
  if (max_step > 0) size = std::min(size, std::max(gang, max_step / gang * gang));
  if (rate > 0) size = std::min(size, allowance(input.steps, direction, rate, input.now_s, next_s) / gang * gang);
  if (target == 0 && direction > 0) size = std::max(size, gang);
  if (size >= std::abs(wanted - target)) return wanted;
  const int result = target + direction * size;  // from a number that is no multiple of gangs: the next that is
  return direction > 0 ? result / gang * gang : whole_gangs(result, gang);
}

std::string load_text(const AutoscaleInput& input, const AutoscalingConfig& config, std::optional<double> wish) {
  std::string text = fmt::format("{:.4g} ongoing requests ({} over {:g} s), {} replica{} running", input.load.total,
                                 config.aggregation_function, config.look_back_period_s, input.load.running,
                                 input.load.running == 1 ? "" : "s");
  if (input.policy.empty()) return text + fmt::format(", {:g} wanted on each", config.target_ongoing_requests);
  if (input.load.metric) text += fmt::format(", {:.4g} of the metric", *input.load.metric);
  return wish ? text + fmt::format(", policy '{}' asks for {:.4g}", input.policy, *wish) : text;
}

std::string verdict_text(const AutoscaleInput& input, const AutoscalingConfig& config, const Outcome& outcome,
                         const AutoscaleDecision& decision) {
  const int target = input.load.target;
  switch (decision.verdict) {
    case Verdict::Up:
      return fmt::format("{} more, {} instead of {}", decision.num_replicas - target, decision.num_replicas, target);
    case Verdict::Down:
      return fmt::format("{} fewer, {} instead of {}", target - decision.num_replicas, decision.num_replicas, target);
    case Verdict::UpDelayed:
      return fmt::format("{} would be wanted instead of {}: {:.3g} s more of upscale_delay_s {:g} have to pass",
                         outcome.desired, target, outcome.waits_s, outcome.delay_s);
    case Verdict::DownDelayed:
      return fmt::format(
          "{} would do instead of {}: {:.3g} s more of {} {:g} have to pass", outcome.desired, target, outcome.waits_s,
          target == 1 && config.downscale_to_zero_delay_s ? "downscale_to_zero_delay_s" : "downscale_delay_s",
          outcome.delay_s);
    case Verdict::AtMost:
      return fmt::format("{} would be wanted: there are {} already, the most (max_replicas)", outcome.desired, target);
    case Verdict::AtLeast:
      return fmt::format("{} would do: there are only {}, the least (min_replicas)", outcome.desired, target);
    case Verdict::Held:
      return fmt::format("{} stay: {}", target, input.held_because);
    case Verdict::Limited:
      return fmt::format("{} wanted instead of {}: the limit per minute is used up", outcome.num_replicas, target);
    case Verdict::Steady:
      break;
  }
  return fmt::format("{} is what is wanted", target);
}

Verdict verdict_of(const AutoscaleInput& input, const Outcome& outcome, const AutoscaleDecision& decision,
                   int bounded) {
  const int target = input.load.target;
  if (decision.num_replicas != target) return decision.num_replicas > target ? Verdict::Up : Verdict::Down;
  if (bounded != target) return Verdict::Limited;
  if (outcome.held) return Verdict::Held;
  if (outcome.desired > target && target >= input.bounds.most) return Verdict::AtMost;
  if (outcome.desired < target && target <= input.bounds.least) return Verdict::AtLeast;
  if (outcome.delay.direction != 0) return outcome.delay.direction > 0 ? Verdict::UpDelayed : Verdict::DownDelayed;
  return Verdict::Steady;
}

}  // namespace

int ReplicaBounds::clip(int replicas) const { return std::max(least, std::min(most, replicas)); }

int capacity_adjusted(int replicas, std::optional<double> target_capacity) {
  if (!target_capacity || *target_capacity == 100) return replicas;
  if (*target_capacity == 0 || replicas == 0) return 0;
  const double share = replicas * *target_capacity;
  const double below = std::floor(share / 100);
  return std::max(1, static_cast<int>(below) + (share - below * 100 >= 50 ? 1 : 0));
}

ReplicaBounds replica_bounds(const AutoscalingConfig& config, std::optional<double> target_capacity, bool growing,
                             int gang_size) {
  const int gang = std::max(1, gang_size);
  const int least = growing && config.initial_replicas ? *config.initial_replicas : config.min_replicas;
  const int most = capacity_adjusted(config.max_replicas, target_capacity);
  ReplicaBounds bounds{.least = whole_gangs(capacity_adjusted(least, target_capacity), gang),
                       .most = most == 0 ? 0 : std::max(gang, most / gang * gang)};
  bounds.most = gang > 1 ? std::max(bounds.least, bounds.most) : bounds.most;
  return bounds;
}

std::string_view verdict_name(Verdict verdict) {
  constexpr std::string_view kNames[] = {"STEADY", "UP",     "DOWN",    "UP_DELAYED", "DOWN_DELAYED",
                                         "AT_MAX", "AT_MIN", "LIMITED", "HELD"};
  return kNames[static_cast<std::size_t>(verdict)];
}

AutoscaleDecision decide(const AutoscaleInput& input, const AutoscalingConfig& config, const AutoscalePolicy& policy) {
  const Outcome outcome = by_policy(input, config, policy);
  const int bounded = input.bounds.clip(outcome.num_replicas);
  AutoscaleDecision decision{.num_replicas = bounded,
                             .wish = outcome.wish,
                             .desired = outcome.desired,
                             .bounded = input.bounds.clip(whole_gangs(std::max(0, outcome.desired), input.gang_size)),
                             .delay = outcome.delay};
  double next_s = 0;
  if (bounded != input.load.target && input.bounds.clip(input.load.target) == input.load.target)
    decision.num_replicas = input.bounds.clip(limited(bounded, input, config, next_s));
  decision.verdict = verdict_of(input, outcome, decision, bounded);
  if (decision.verdict == Verdict::Limited) {
    decision.delay = input.delay;  // it stays as good as over
    decision.due_s = next_s;
  } else if (outcome.delay.direction != 0 && !outcome.held && decision.verdict != Verdict::AtMost &&
             decision.verdict != Verdict::AtLeast) {
    decision.due_s = input.now_s + outcome.waits_s;
  }
  decision.reason = load_text(input, config, outcome.wish) + ": " + verdict_text(input, config, outcome, decision);
  return decision;
}

}  // namespace manta::control
