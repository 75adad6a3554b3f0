#pragma once

#include <optional>
#include <vector>

namespace manta::control {

// How many replicas an update exchanges at a time. Percentages are of the wanted number of replicas.
struct RolloutLimits {
  double rolling_update_percentage = 20;    // of a wave, rounded down, at least one
  std::optional<double> max_surge_percent;  // beyond the wanted number, rounded up; 0: old ones stop first; none: a
                                            // wave where resources allow, else old ones make room
  int gang_size = 1;                        // waves are whole gangs
};

// Replicas of one deployment by kind; stopping ones are not counted but in `old_stopping`.
struct RolloutState {
  int target = 1;
  int new_running = 0, new_starting = 0;  // of the target version
  int old_running = 0, old_starting = 0;  // of any other version
  int old_stopping = 0;
  RolloutLimits limits;
};

struct RolloutStep {
  int start_new = 0;
  int stop_old_running = 0;
  int stop_old_starting = 0;
  int stop_new = 0;  // beyond the target
};

// Replicas of one wave.
int wave_size(int target, const RolloutLimits& limits);

// One step towards `target` replicas of the new version. With a surge new ones are started first, and an old one that
// runs stops only when enough others run. Without one (max_surge_percent 0) a wave of old ones stops first and there
// are never more than `target`, those that are stopping included. Old ones that never ran stop at once.
RolloutStep rollout_step(const RolloutState& state);

// One step of a deployment that is not to be replaced: whatever runs counts, what is missing is started in the new
// version. Those beyond the target go, old ones first; old ones that never ran go too.
RolloutStep hold_step(const RolloutState& state);

// How many old replicas may stop although none beyond the target can be placed: a wave, less what is already on its
// way. None when the surge is given.
int make_room(const RolloutState& state);

// The waves of a whole update in which every start succeeds: how many new replicas each step starts.
std::vector<int> rollout_waves(int before, int target, const RolloutLimits& limits);

}  // namespace manta::control
