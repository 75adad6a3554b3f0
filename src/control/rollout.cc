#include "control/rollout.h"

#include <algorithm>

namespace manta::control {
namespace {

int wave(int target) { return std::max(1, target / 5); }

}  // namespace

RolloutStep rollout_step(const RolloutState& state) {
  RolloutStep step;
  step.stop_old_starting = state.old_starting;
  const int have_new = state.new_running + state.new_starting;
  const int room = state.target + (state.old_running > 0 ? wave(state.target) : 0) - state.old_running - have_new;
  step.start_new = std::clamp(room, 0, std::max(0, state.target - have_new));
  step.stop_old_running = std::clamp(state.new_running + state.old_running - state.target, 0, state.old_running);
  step.stop_new = std::max(0, have_new - state.target);
  return step;
}

int make_room(const RolloutState& state) {
  if (state.new_starting > 0) return 0;
  const int running = state.new_running + state.old_running;
  const int missing = std::max(0, state.target - running);
  return std::clamp(wave(state.target) - missing, 0, state.old_running);
}

}  // namespace manta::control
