#include "control/rollout.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "control/whole_gangs.h"

namespace manta::control {
namespace {

// The product comes first: 0.29 * 100 is less than 29.
double percent_of(double percent, int target) { return percent * target / 100; }

bool stops_first(const RolloutLimits& limits) { return limits.max_surge_percent && *limits.max_surge_percent <= 0; }

int surge(int target, const RolloutLimits& limits) {
  if (!limits.max_surge_percent) return wave_size(target, limits);
  return whole_gangs(static_cast<int>(std::ceil(percent_of(*limits.max_surge_percent, target))), limits.gang_size);
}

// What an old replica may stop for although nothing has replaced it yet.
int missing_from_wave(const RolloutState& state) {
  const int missing = std::max(0, state.target - state.new_running - state.old_running);
  return wave_size(state.target, state.limits) - missing;
}

}  // namespace

int wave_size(int target, const RolloutLimits& limits) {
  const int size = static_cast<int>(percent_of(limits.rolling_update_percentage, target));
  return whole_gangs(std::max(1, size), limits.gang_size);
}

RolloutStep rollout_step(const RolloutState& state) {
  RolloutStep step;
  step.stop_old_starting = state.old_starting;
  const int have_new = state.new_running + state.new_starting;
  int room = state.target - state.old_running - have_new;
  int spare = state.new_running + state.old_running - state.target;
  if (stops_first(state.limits)) {
    room -= state.old_stopping + state.old_starting;
    spare = std::max(spare, std::min(missing_from_wave(state), state.target - have_new));
  } else if (state.old_running > 0) {
    room += surge(state.target, state.limits);
  }
  step.start_new = std::clamp(room, 0, std::max(0, state.target - have_new));
  step.stop_old_running = std::clamp(spare, 0, state.old_running);
  step.stop_new = std::max(0, have_new - state.target);
  return step;
}

RolloutStep hold_step(const RolloutState& state) {
  RolloutStep step;
  step.stop_old_starting = state.old_starting;
  const int have_new = state.new_running + state.new_starting;
  step.start_new = std::max(0, state.target - have_new - state.old_running);
  step.stop_old_running = std::clamp(state.new_running + state.old_running - state.target, 0, state.old_running);
  step.stop_new = std::max(0, have_new - state.target);
  return step;
}

int make_room(const RolloutState& state) {
  if (state.new_starting > 0 || state.limits.max_surge_percent) return 0;
  return std::clamp(missing_from_wave(state), 0, state.old_running);
}

std::vector<int> rollout_waves(int before, int target, const RolloutLimits& limits) {
  std::vector<int> waves;
  RolloutState state{.target = target, .old_running = before, .limits = limits};
  while (state.new_running != target || state.old_running != 0) {
    const RolloutStep step = rollout_step(state);
    if (step.start_new == 0 && step.stop_old_running == 0) break;
    state.old_running -= step.stop_old_running;
    state.new_running += step.start_new;
    if (step.start_new > 0) waves.push_back(step.start_new);
  }
  return waves;
}

}  // namespace manta::control
