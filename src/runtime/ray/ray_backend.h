#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/loop.h"
#include "base/task_scope.h"
#include "runtime/backend.h"
#include "runtime/ray/node_totals.h"
#include "runtime/ray/ray_connection.h"
#include "runtime/ray/ray_groups.h"
#include "runtime/ray/ray_messages.h"
#include "runtime/ray/ray_roles.h"

namespace manta::runtime {

struct RayOptions {
  std::vector<std::string> bridge_argv;         // {"/opt/manta/ray/bin/python", "-m", "manta_ray"}
  std::vector<std::string> bridge_environment;  // "NAME=value", complete
  std::string bridge_log;                       // path, for what the bridge writes to standard error
  HelloFacts hello;
  ReplicaLaunch launch;
  RayGroupLimits groups;
  Duration call_limit = std::chrono::seconds(30);  // of what is asked, but not of a start: it waits for room
  Duration look_every = std::chrono::seconds(2);   // at what is free on the nodes
};

// Replicas on the nodes of a Ray cluster, through the bridge (python/manta_ray; docs/decisions/ray_bridge.md). The
// controller decides where; Ray keeps the books with all its users and tells what is lost. Replicas outlive it: the
// next controller's backend finds them. Loop-confined; tasks that it has returned end before it does.
class RayBackend final : public Backend {
 public:
  RayBackend(Loop& loop, Logger& logger, RayOptions options);
  ~RayBackend() override;

  // How the first attempt to reach the cluster went: an error says what to do, its detail is the bridge's reason.
  Task<Result<void>> first_attempt() { return connection_.first_attempt(); }

  // A start that waits for room waits in Ray, until it is destroyed or stopped.
  Task<Result<ObservedReplica>> start(ReplicaProcess process) override;
  Task<Result<void>> stop(std::string id, double grace_s) override;
  Task<Result<std::vector<ObservedReplica>>> list() override;
  Task<Result<std::vector<NodeInfo>>> nodes() override;
  void on_nodes_changed(std::function<void()> callback) override { on_nodes_changed_ = std::move(callback); }
  void on_exit(std::function<void(ReplicaExit)> callback) override { on_exit_ = std::move(callback); }

  // The cluster obeys a later controller: this process is to end.
  void on_superseded(std::function<void()> callback);

  // Processes of a node that are restarted in place, without us.
  Task<Result<RoleInfo>> start_role(RoleStart role);
  Task<Result<void>> stop_role(std::string name, double grace_s);
  Task<Result<std::vector<RoleInfo>>> list_roles();
  void on_role_end(std::function<void(RoleEnd)> callback) { on_role_end_ = std::move(callback); }

  // All that is wanted in total, for Ray's autoscaler: replaces what was told before; empty withdraws. Each by Ray's
  // names: {"CPU": 1, "GPU": 0.5}.
  Task<Result<void>> demand(std::vector<Amounts> bundles);
  // What waits for room in the cluster, and why.
  Task<Result<std::vector<PendingPlacement>>> pending();
  // When the placement groups of replicas that are gone are removed, or after `limit`: what is not asked of Ray before
  // the bridge ends is left to the next controller of the namespace.
  Task<void> given_back(Duration limit) { return groups_.given_back(limit); }

  const std::optional<BridgeWelcome>& welcome() const { return connection_.welcome(); }
  pid_t bridge_pid() const { return connection_.pid(); }

 private:
  struct Running {
    std::string incarnation;
    int pid = 0;
    std::vector<spec::Bundle> bundles;
    TimePoint since{};
  };
  class OpenStart;
  struct Leaving {
    std::vector<spec::Bundle> bundles;
    TimePoint until{};
  };

  Task<Result<BridgeObserved>> ask_start(BridgeStart message);
  ObservedReplica keep_started(OpenStart& open, const BridgeObserved& observed);
  void keep_running(const BridgeObserved& observed);
  void on_replica_ended(BridgeReplicaEnded ended);
  void tell_end(const BridgeReplicaEnded& ended);
  void tell_end_later(BridgeReplicaEnded ended);
  bool has_ended(const std::string& incarnation) const;
  void withdraw(const std::string& id);
  Task<void> stop_quietly(std::string id);

  void on_event(const std::string& name, const std::string& data);
  template <class Event>
  void take(const std::string& name, const std::string& data, void (RayBackend::*handle)(Event));
  void on_node_change(BridgeNodeChange change);
  void on_group_lost(BridgeGroupLost lost);
  void on_role_ended(RoleEnd end);
  void on_later_controller(BridgeSuperseded later);

  Task<void> compare();
  Task<void> tell_missed_ends(std::vector<std::pair<std::string, std::string>> ended);
  Task<bool> adopted();
  void nodes_changed();
  void later_controller();
  void look_later();
  Task<void> look();
  std::vector<HeldShare> held() const;

  Loop& loop_;
  Logger& logger_;
  const RayOptions options_;
  std::function<void(ReplicaExit)> on_exit_;
  std::function<void()> on_nodes_changed_;
  std::function<void()> on_superseded_;
  std::function<void(RoleEnd)> on_role_end_;
  std::map<std::string, Running> running_;      // by id
  std::map<std::string, OpenStart*> starting_;  // by id
  std::vector<Leaving> leaving_;                // have just ended
  NodeTotals totals_;
  std::string seen_nodes_;         // as JSON: at the last look, or when first asked for
  std::deque<std::string> ended_;  // incarnations that have ended lately
  bool adopted_ = false, superseded_ = false;
  Wakeup adoption_;
  TimerId look_timer_ = 0;
  int unanswered_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  RayConnection connection_;
  RayGroups groups_;
  TaskScope tasks_;
};

}  // namespace manta::runtime
