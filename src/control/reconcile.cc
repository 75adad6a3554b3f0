#include "control/reconcile.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <set>
#include <utility>

#include "base/of_seconds.h"
#include "control/gang.h"
#include "control/placement_victims.h"
#include "control/restart_backoff.h"
#include "control/rollout.h"
#include "control/starts.h"
#include "control/whole_gangs.h"

namespace manta::control {
namespace {

// For the rest of a gang that has lost a member: what does not work without it ends soon.
constexpr double kBrokenGangGraceS = 5;
constexpr std::size_t kMostReasons = 16;  // told of one deployment in one turn

// The turn's working state: the view by deployment, what is still free, and the plan so far.
class Turn {
 public:
  explicit Turn(const ClusterView& view) : view_(view), units_(view.replicas) {
    std::vector<const ReplicaView*>* same = nullptr;  // those of the unit before, mostly of the same deployment
    for (const ReplicaView* unit : units_.all()) {
      if (same == nullptr || same->back()->key != unit->key) same = &by_key_[unit->key];
      same->push_back(unit);
    }
    for (const DeploymentTarget& target : view.deployments) targets_[target.key] = &target;
  }

  Plan run() {
    for (const DeploymentTarget* target : in_order()) {
      if (target->deleting)
        remove(*target);
      else
        steer(*target);
    }
    for (const DeploymentTarget& target : view_.deployments)
      if (target.removed && !target.deleting && without_room_.contains(target.key.application)) drop(target);
    for (const auto& [key, units] : by_key_)
      if (!targets_.contains(key))
        for (const ReplicaView* unit : units) stop(*unit, 20);
    return std::move(plan_);
  }

 private:
  // In which they are given room. What is large finds a gap less easily: where nodes are packed it comes first.
  std::vector<const DeploymentTarget*> in_order() const {
    std::vector<const DeploymentTarget*> order;
    for (const DeploymentTarget& target : view_.deployments) order.push_back(&target);
    if (view_.packs_nodes)
      std::ranges::stable_sort(order, std::ranges::greater(),
                               [](const DeploymentTarget* target) { return packing_size(need_of(*target)); });
    return order;
  }

  // A replica, or all members of a gang. One that has not started has no requests to finish.
  void stop(const ReplicaView& unit, double grace_s) {
    if (unit.phase == ReplicaPhase::Stopping || !stopped_.insert(&unit).second) return;
    if (units_.is_broken_gang(unit)) grace_s = std::min(grace_s, kBrokenGangGraceS);
    for (const ReplicaView* replica : units_.members(unit))
      if (replica->phase != ReplicaPhase::Stopping)
        plan_.stops.push_back({.id = replica->id, .grace_s = replica->phase == ReplicaPhase::Starting ? 0 : grace_s});
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
      return target == targets_.end() || target->second->deleting || target->second->holds ||
             replica->version != target->second->version;
    });
  }

  void remove(const DeploymentTarget& target) {
    for (const std::string& caller : target.callers)
      if (may_call({target.key.application, caller})) return;
    for (const ReplicaView* replica : replicas_of(target.key)) stop(*replica, target.graceful_shutdown_timeout_s);
  }

  void drop(const DeploymentTarget& target) {
    plan_.dropped.push_back(target.key);
    remove(target);
  }

  // A recovering replica counts as running, so that none is started in its place; but as long as there is one nothing
  // is stopped: it may be starting.
  static bool counts_as_running(const ReplicaView& replica) {
    return replica.phase == ReplicaPhase::Running || replica.phase == ReplicaPhase::Recovering;
  }

  bool is_recovering(const DeploymentTarget& target) const {
    return std::ranges::any_of(replicas_of(target.key), [](const ReplicaView* replica) {
      return replica->phase == ReplicaPhase::Recovering && !replica->unhealthy;
    });
  }

  RolloutState count(const DeploymentTarget& target) const {
    RolloutState state{.target = whole_gangs(target.num_replicas, target.placement.gang_size),
                       .limits = target.rollout};
    for (const ReplicaView* replica : replicas_of(target.key)) {
      const bool is_new = replica->version == target.version;
      if (replica->phase == ReplicaPhase::Stopping && !is_new) state.old_stopping += Units::size(*replica);
      if (replica->phase == ReplicaPhase::Stopping || replica->unhealthy || replica->leaving) continue;
      int& slot = counts_as_running(*replica) ? (is_new ? state.new_running : state.old_running)
                                              : (is_new ? state.new_starting : state.old_starting);
      slot += Units::size(*replica);
    }
    return state;
  }

  void steer(const DeploymentTarget& target) {
    for (const ReplicaView* replica : replicas_of(target.key))
      if (replica->unhealthy) stop(*replica, target.graceful_shutdown_timeout_s);
    const RolloutState state = count(target);
    const RolloutStep step = target.holds ? hold_step(state) : rollout_step(state);
    stop_old(target, step.stop_old_starting, false);
    if (!is_recovering(target)) {
      stop_old(target, step.stop_old_running, true);
      stop_surplus(target, step.stop_new);
      release_leaving(target, state);
    }
    if (step.start_new > 0 && !target.deploy_failed) start_some(target, step.start_new, state);
  }

  void wake_at(TimePoint at) { plan_.wake_at = plan_.wake_at ? std::min(*plan_.wake_at, at) : at; }

  // Whether a drained replica has no more time than it needs to finish its requests before its deadline.
  bool must_go(const DeploymentTarget& target, const ReplicaView& replica) {
    if (replica.leave_by == TimePoint::max()) return false;
    const TimePoint at = replica.leave_by - of_seconds(target.graceful_shutdown_timeout_s);
    if (at > view_.now) wake_at(at);
    return at <= view_.now;
  }

  // Replicas that are drained count for nothing else: what replaces them starts at once, and each goes when enough
  // others run, or when its deadline leaves no more time. One that has not started yet is not waited for.
  void release_leaving(const DeploymentTarget& target, const RolloutState& state) {
    int running = state.new_running + state.old_running;
    std::vector<const ReplicaView*> leaving;
    for (const ReplicaView* replica : replicas_of(target.key)) {
      if (!replica->leaving || replica->unhealthy || replica->phase == ReplicaPhase::Stopping) continue;
      if (!counts_as_running(*replica)) {
        stop(*replica, 0);
        continue;
      }
      leaving.push_back(replica);
      running += Units::size(*replica);
    }
    for (const ReplicaView* replica : leaving) {
      const bool is_replaced = running - Units::size(*replica) >= state.target;
      if (!is_replaced && !must_go(target, *replica)) continue;
      const double left_s = std::chrono::duration<double>(replica->leave_by - view_.now).count();
      stop(*replica, std::clamp(left_s, 0.0, target.graceful_shutdown_timeout_s));
      running -= Units::size(*replica);
    }
  }

  void stop_old(const DeploymentTarget& target, int count, bool running) {
    for (const ReplicaView* replica : replicas_of(target.key)) {
      if (count <= 0) return;
      if (replica->phase == ReplicaPhase::Stopping || replica->unhealthy || replica->leaving) continue;
      if (stopped_.contains(replica)) continue;
      if (replica->version == target.version || counts_as_running(*replica) != running) continue;
      stop(*replica, target.graceful_shutdown_timeout_s);
      count -= Units::size(*replica);
    }
  }

  void stop_surplus(const DeploymentTarget& target, int count) {
    if (count <= 0) return;
    std::vector<const ReplicaView*> candidates;
    for (const ReplicaView* replica : replicas_of(target.key))
      if (replica->version == target.version && replica->phase != ReplicaPhase::Stopping && !replica->unhealthy &&
          !replica->leaving)
        candidates.push_back(replica);
    const auto order = scale_down_order(std::move(candidates), target.resources, view_.nodes, view_.replicas);
    std::size_t victims = 0;
    for (; victims < order.size() && count >= Units::size(*order[victims]); ++victims) {
      stop(*order[victims], target.graceful_shutdown_timeout_s);
      count -= Units::size(*order[victims]);
    }
    const ReplicaView* const kept = victims < order.size() ? order[victims] : nullptr;
    for (std::size_t i = 0; i < std::min(victims, kMostReasons); ++i)
      plan_.scaled_down.push_back({target.key, order[i]->id,
                                   scale_down_reason(*order[i], kept, target.resources, view_.nodes, view_.replicas)});
  }

  // What a deployment that was never started has handles to and does not run yet: "Embed, Rerank". What never will run
  // is not waited for. Handles make no cycles, so that somebody can always start.
  std::string awaited_by(const DeploymentTarget& target) const {
    std::string names;
    if (target.started || !replicas_of(target.key).empty()) return names;
    for (const DeploymentTarget& callee : view_.deployments) {
      if (callee.key.application != target.key.application) continue;
      if (std::ranges::find(callee.callers, target.key.deployment) == callee.callers.end()) continue;
      if (callee.deleting || callee.removed || callee.deploy_failed || callee.num_replicas <= 0) continue;
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
      wake_at(ready_at);
      return;
    }
    if (const std::string restarting = restarting_gangs(units_, replicas_of(target.key)); !restarting.empty())
      plan_.pending[target.key] = restarting;
    Starts starts(target, view_, replicas_of(target.key), count);
    while (!starts.complete()) {
      auto placed = place_unit(free(), target);
      if (placed) {
        starts.add(*std::move(placed), plan_.starts);
        continue;
      }
      plan_.pending[target.key] = placed.error().message;
      plan_.pending_replicas[target.key] = starts.missing();
      if (!target.holds) without_room_.insert(target.key.application);
      if (starts.is_first() && !target.holds && !is_recovering(target) && state.old_running > 0 &&
          fits_without_the_old(target))
        stop_old(target, make_room(state), true);
      return;
    }
  }

  // Made when something is to be placed for the first time: most turns place nothing.
  FreeResources& free() {
    if (!free_) free_.emplace(view_.nodes, view_.replicas, view_.packs_nodes);
    return *free_;
  }

  // An old replica is given up only for a new one that can then be placed.
  bool fits_without_the_old(const DeploymentTarget& target) const {
    std::vector<ReplicaView> others;
    for (const ReplicaView& replica : view_.replicas)
      if (replica.key != target.key || replica.version == target.version) others.push_back(replica);
    FreeResources free(view_.nodes, others, view_.packs_nodes);
    return place_unit(free, target).has_value();
  }

  const ClusterView& view_;
  const Units units_;
  std::optional<FreeResources> free_;
  std::map<DeploymentKey, std::vector<const ReplicaView*>> by_key_;
  std::map<DeploymentKey, const DeploymentTarget*> targets_;
  std::set<const ReplicaView*> stopped_;
  std::set<std::string> without_room_;  // applications of which something could not be placed
  Plan plan_;
};

}  // namespace

Plan reconcile(const ClusterView& view) { return Turn(view).run(); }

}  // namespace manta::control
