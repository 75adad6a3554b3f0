#pragma once

namespace manta::control {

// Replicas of one deployment by kind; stopping ones are not counted.
struct RolloutState {
  int target = 1;
  int new_running = 0, new_starting = 0;  // of the target version
  int old_running = 0, old_starting = 0;  // of any other version
};

struct RolloutStep {
  int start_new = 0;
  int stop_old_running = 0;
  int stop_old_starting = 0;
  int stop_new = 0;  // beyond the target
};

// One step towards `target` replicas of the new version: new ones are started first, at most a wave of max(1, 20 % of
// target) beyond the target; an old running one stops only when enough others run. Old ones that never ran stop at
// once.
RolloutStep rollout_step(const RolloutState& state);

// How many old replicas may stop although none beyond the target can be placed: a wave, less what is already on its
// way.
int make_room(const RolloutState& state);

}  // namespace manta::control
