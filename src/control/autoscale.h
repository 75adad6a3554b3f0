#pragma once

#include <optional>
#include <string>
#include <vector>

#include <manta/autoscaling_config.h>

#include "control/autoscale_policy.h"

namespace manta::control {

// Smallest and largest number of replicas that the autoscaler may choose.
struct ReplicaBounds {
  int least = 1, most = 1;
  int clip(int replicas) const;
  bool operator==(const ReplicaBounds&) const = default;
};

// `replicas` of which only `target_capacity` percent are wanted: rounded half up, at least one unless either is 0.
int capacity_adjusted(int replicas, std::optional<double> target_capacity);
// `growing`: the capacity has been raised, so that initial_replicas count as the least. Of gangs only whole ones: the
// least is rounded up, the most down, but to one gang at least unless it is 0.
ReplicaBounds replica_bounds(const AutoscalingConfig& config, std::optional<double> target_capacity, bool growing,
                             int gang_size = 1);

// For how long the same direction has been wanted.
struct DelayState {
  int direction = 0;  // 1: more, -1: fewer
  double since_s = 0;
  bool operator==(const DelayState&) const = default;
};

// A change of the number of replicas that the autoscaler made; the last minutes of them limit the next.
struct ScaleStep {
  double at_s = 0;
  int by = 0;
};

struct AutoscaleInput {
  double now_s = 0;
  AutoscaleLoad load;
  ReplicaBounds bounds;
  int gang_size = 1;
  DelayState delay;
  std::vector<ScaleStep> steps;   // oldest first
  std::string policy = {};        // who is said to ask for replicas; empty: the load
  std::string held_because = {};  // why the policy has no wish
};

enum class Verdict { Steady, Up, Down, UpDelayed, DownDelayed, AtMost, AtLeast, Limited, Held };
std::string_view verdict_name(Verdict verdict);

struct AutoscaleDecision {
  int num_replicas = 0;        // the new target
  std::optional<double> wish;  // the policy's own number; none: it was not asked, or has none
  int desired = 0;             // the same, factors applied: before delays, gangs, limits and bounds
  int bounded = 0;             // the same in whole gangs and within the bounds: before delays and limits
  DelayState delay;
  Verdict verdict = Verdict::Steady;
  std::string reason;           // the verdict in words, with its numbers
  std::optional<double> due_s;  // without any change of the load: when the verdict becomes another
};

// What the number of replicas should be. Ray Serve's rules with the policy of the configuration, then limits on steps,
// which are ours. Pure; to be asked at each change of the load and whenever due. `delay` and, after a change, the step
// are to be given back with the next question.
AutoscaleDecision decide(const AutoscaleInput& input, const AutoscalingConfig& config, const AutoscalePolicy& policy);

}  // namespace manta::control
