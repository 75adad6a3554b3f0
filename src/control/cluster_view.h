#pragma once
// The plain structs on which control decides: what should be (targets), what is (replicas, nodes), and what has
// happened (start records). Built from the controller's records at each turn; nothing in them refers to a process, a
// socket or a clock.

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <manta/config.h>

#include "base/clock.h"
#include "control/placement_rules.h"
#include "control/rollout.h"
#include "spec/reservation.h"

namespace manta::control {

struct DeploymentKey {
  std::string application, deployment;
  auto operator<=>(const DeploymentKey&) const = default;
};

// Starting: process started, not ready. Recovering: found by a restarted controller, not yet heard. Stopping: out of
// routing.
enum class ReplicaPhase { Starting, Recovering, Running, Stopping };  // in the order of a life: they are compared

struct ReplicaView {
  std::string id;
  DeploymentKey key;
  std::string version;
  ReplicaPhase phase = ReplicaPhase::Starting;
  bool unhealthy = false;                 // failed its health checks: to be replaced
  bool outdated = false;                  // has not taken over its new settings yet
  bool leaving = false;                   // drained: replaced first, then stopped
  TimePoint leave_by = TimePoint::max();  // drained: has ended by then, replaced or not
  std::string node_id;
  Resources resources;
  std::vector<int> gpus;              // indices on its node that it shares or owns
  TimePoint since{};                  // when it was started
  std::vector<spec::Bundle> bundles;  // of its placement group, its own first; empty: it holds `resources` and `gpus`
  int rank = 0;                       // among the replicas of its version, in a gang among its members
  int world_size = 1;                 // replicas wanted when it started; in a gang: how many members it has
  int node_rank = 0;                  // of its node among those with replicas of its version
  int local_rank = 0;                 // among the replicas of its version on its node
  std::string gang_id;                // empty: in no gang
  std::uint64_t gang_epoch = 0;       // of the members that were started together
};

struct NodeView {
  std::string node_id;
  Resources total;
  std::map<std::string, std::string> labels;
  std::string accelerator_type;           // kind of its GPUs; empty: not known
  bool alive = true;                      // false: given up by the cluster, what runs there moves away
  bool is_head = false;                   // where the controller runs: it cannot be given back
  bool draining = false;                  // being emptied: nothing new is placed on it, and what runs there is leaving
  std::string address = {};               // of the machine; empty: not known
  std::optional<Resources> machine = {};  // all it has, where others use it too; none: `total`
  TimePoint ends_at = TimePoint::max();   // that is given up: replicas have ended by then
};

// What has gone wrong with replicas of one version in a row. Emptied when a replica of it proves stable and at each
// deploy.
struct FailureRecord {
  int start_failures = 0;  // constructor, first health check, warm-up, or death before RUNNING
  int early_exits = 0;     // any death soon after start or RUNNING: the measure of the back-off
  TimePoint last{};
};

struct DeploymentTarget {
  DeploymentKey key;
  std::string version;
  std::string host;  // the deployment in whose processes its replicas are; empty: its own
  int num_replicas = 1;
  bool in_proxy = false;  // proxies run it, and there are no replicas
  Resources resources;
  int max_replicas_per_node = 0;
  PlacementRules placement;  // beyond these two
  int max_constructor_retry_count = 20;
  double graceful_shutdown_timeout_s = 20;
  std::vector<std::string> callers;  // deployments of the application that hold a handle to this one
  bool started = false;              // a replica of it has been started since it was first deployed
  bool deleting = false;             // its application is being deleted, or no longer has it
  FailureRecord failures;
  bool deploy_failed = false;  // terminal until the next deploy: nothing new is started
  RolloutLimits rollout;
  bool holds = false;  // no replica that runs is replaced; missing ones are started in this version
  bool removed =
      false;  // no part of its application any more: serves until the rest has been updated or needs its room
};

struct ClusterView {
  TimePoint now{};
  bool packs_nodes = false;      // nodes are filled one after the other; else replicas are spread over them
  std::uint64_t gang_epoch = 1;  // for the gangs that this turn starts; rises from turn to turn, also over restarts
  std::vector<NodeView> nodes;
  std::vector<DeploymentTarget> deployments;
  std::vector<ReplicaView> replicas;
};

}  // namespace manta::control
