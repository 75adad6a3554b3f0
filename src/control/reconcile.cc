#include "control/reconcile.h"

#include <algorithm>
#include <set>

#include "control/restart_backoff.h"
#include "control/rollout.h"

namespace manta::control {
namespace {

// The turn's working state: the view by deployment, what is still free, and the plan so far.
class Turn {
 public:
  explicit Turn(const ClusterView& view) : view_(view), free_(view.nodes, view.replicas) {
    for (const ReplicaView& replica : view.replicas) by_key_[replica.key].push_back(&replica);
    for (const DeploymentTarget& target : view.deployments) targets_[target.key] = &target;
  }

  Plan run() {
    for (const DeploymentTarget& target : view_.deployments) {
      if (target.deleting)
        remove(target);
      else
        steer(target);
    }
    for (const ReplicaView& replica : view_.replicas)
      if (!targets_.contains(replica.key)) stop(replica, 20);
    return std::move(plan_);
  }

 private:
  // One that has not started has no requests to finish.
  void stop(const ReplicaView& replica, double grace_s) {
    if (replica.phase == ReplicaPhase::Stopping || !stopped_.insert(&replica).second) return;
    plan_.stops.push_back({.id = replica.id, .grace_s = replica.phase == ReplicaPhase::Starting ? 0 : grace_s});
  }

  const std::vector<const ReplicaView*>& replicas_of(const DeploymentKey& key) const {
    static const std::vector<const ReplicaView*> kNone;
    const auto found = by_key_.find(key);
    return found == by_key_.end() ? kNone : found->second;
  }

  // True while a replica of `key` lives that may still call what it was built with.
  bool may_call(const DeploymentKey& key) const {
    const auto target = targets_.find(key);
    return std::ranges::any_of(replicas_of(key), [&](const ReplicaView* replica) {
      return target == targets_.end() || target->second->deleting || replica->version != target->second->version;
    });
  }

  void remove(const DeploymentTarget& target) {
    for (const std::string& caller : target.callers)
      if (may_call({target.key.application, caller})) return;
    for (const ReplicaView* replica : replicas_of(target.key)) stop(*replica, target.graceful_shutdown_timeout_s);
  }

  // A recovering replica counts as running: it very likely is, and nothing is started or stopped on a guess.
  static bool counts_as_running(const ReplicaView& replica) {
    return replica.phase == ReplicaPhase::Running || replica.phase == ReplicaPhase::Recovering;
  }

  RolloutState count(const DeploymentTarget& target) const {
    RolloutState state{.target = target.num_replicas};
    for (const ReplicaView* replica : replicas_of(target.key)) {
      if (replica->phase == ReplicaPhase::Stopping || replica->unhealthy) continue;
      const bool is_new = replica->version == target.version;
      int& slot = counts_as_running(*replica) ? (is_new ? state.new_running : state.old_running)
                                              : (is_new ? state.new_starting : state.old_starting);
      ++slot;
    }
    return state;
  }

  void steer(const DeploymentTarget& target) {
    for (const ReplicaView* replica : replicas_of(target.key))
      if (replica->unhealthy) stop(*replica, target.graceful_shutdown_timeout_s);
    const RolloutState state = count(target);
    const RolloutStep step = rollout_step(state);
    stop_old(target, step.stop_old_starting, false);
    stop_old(target, step.stop_old_running, true);
    stop_surplus(target, step.stop_new);
    if (step.start_new > 0 && !target.deploy_failed) start_some(target, step.start_new, state);
  }

  void stop_old(const DeploymentTarget& target, int count, bool running) {
    for (const ReplicaView* replica : replicas_of(target.key)) {
      if (count <= 0) return;
      if (replica->phase == ReplicaPhase::Stopping || replica->unhealthy || stopped_.contains(replica)) continue;
      if (replica->version == target.version || counts_as_running(*replica) != running) continue;
      stop(*replica, target.graceful_shutdown_timeout_s);
      --count;
    }
  }

  // Those that never ran go first, then the youngest.
  void stop_surplus(const DeploymentTarget& target, int count) {
    std::vector<const ReplicaView*> candidates;
    for (const ReplicaView* replica : replicas_of(target.key))
      if (replica->version == target.version && replica->phase != ReplicaPhase::Stopping && !replica->unhealthy)
        candidates.push_back(replica);
    std::ranges::sort(candidates, [](const ReplicaView* a, const ReplicaView* b) {
      if (counts_as_running(*a) != counts_as_running(*b)) return !counts_as_running(*a);
      return a->since > b->since;
    });
    for (int i = 0; i < count && i < static_cast<int>(candidates.size()); ++i)
      stop(*candidates[static_cast<std::size_t>(i)], target.graceful_shutdown_timeout_s);
  }

  // What a deployment that was never started has handles to and does not run yet: "Embed, Rerank". What never will run
  // is not waited for. Handles make no cycles, so that somebody can always start.
  std::string awaited_by(const DeploymentTarget& target) const {
    std::string names;
    if (target.started || !replicas_of(target.key).empty()) return names;
    for (const DeploymentTarget& callee : view_.deployments) {
      if (callee.key.application != target.key.application) continue;
      if (std::ranges::find(callee.callers, target.key.deployment) == callee.callers.end()) continue;
      if (callee.deleting || callee.deploy_failed || callee.num_replicas <= 0) continue;
      const bool runs = std::ranges::any_of(replicas_of(callee.key), [](const ReplicaView* replica) {
        return counts_as_running(*replica) && !replica->unhealthy;
      });
      if (!runs) names += (names.empty() ? "" : ", ") + callee.key.deployment;
    }
    return names;
  }

  void start_some(const DeploymentTarget& target, int count, const RolloutState& state) {
    if (const std::string awaited = awaited_by(target); !awaited.empty()) {
      plan_.pending[target.key] = "waiting for " + awaited;
      return;
    }
    const TimePoint ready_at = not_before(target.failures);
    if (ready_at > view_.now) {
      plan_.wake_at = plan_.wake_at ? std::min(*plan_.wake_at, ready_at) : ready_at;
      return;
    }
    for (int i = 0; i < count; ++i) {
      auto placement = free_.place(target.key, target.resources, target.max_replicas_per_node);
      if (!placement) {
        plan_.pending[target.key] = placement.error().message;
        if (i == 0 && state.old_running > 0 && fits_without_the_old(target)) stop_old(target, make_room(state), true);
        return;
      }
      plan_.starts.push_back({.key = target.key, .placement = std::move(*placement)});
    }
  }

  // An old replica is given up only for a new one that can then be placed.
  bool fits_without_the_old(const DeploymentTarget& target) const {
    std::vector<ReplicaView> others;
    for (const ReplicaView& replica : view_.replicas)
      if (replica.key != target.key || replica.version == target.version) others.push_back(replica);
    return FreeResources(view_.nodes, others)
        .place(target.key, target.resources, target.max_replicas_per_node)
        .has_value();
  }

  const ClusterView& view_;
  FreeResources free_;
  std::map<DeploymentKey, std::vector<const ReplicaView*>> by_key_;
  std::map<DeploymentKey, const DeploymentTarget*> targets_;
  std::set<const ReplicaView*> stopped_;
  Plan plan_;
};

}  // namespace

Plan reconcile(const ClusterView& view) { return Turn(view).run(); }

}  // namespace manta::control
