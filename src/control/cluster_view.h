#pragma once
// The plain structs on which control decides: what should be (targets), what is (replicas, nodes), and what has
// happened (start records). Built from the controller's records at each turn; nothing in them refers to a process, a
// socket or a clock.

#include <compare>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <manta/config.h>

#include "base/clock.h"

namespace manta::control {

struct DeploymentKey {
  std::string application, deployment;
  auto operator<=>(const DeploymentKey&) const = default;
};

// Starting: process started, not ready. Recovering: found by a restarted controller, not yet heard. Stopping: out of
// routing.
enum class ReplicaPhase { Starting, Recovering, Running, Stopping };

struct ReplicaView {
  std::string id;
  DeploymentKey key;
  std::string version;
  ReplicaPhase phase = ReplicaPhase::Starting;
  bool unhealthy = false;  // failed its health checks: to be replaced
  bool outdated = false;   // has not taken over its new settings yet
  std::string node_id;
  Resources resources;
  std::vector<int> gpus;  // indices on its node that it shares or owns
  TimePoint since{};      // when it was started
};

struct NodeView {
  std::string node_id;
  Resources total;
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
  int num_replicas = 1;
  Resources resources;
  int max_replicas_per_node = 0;
  int max_constructor_retry_count = 20;
  double graceful_shutdown_timeout_s = 20;
  std::vector<std::string> callers;  // deployments of the application that hold a handle to this one
  bool started = false;              // a replica of it has been started since it was first deployed
  bool deleting = false;             // its application is being deleted, or no longer has it
  FailureRecord failures;
  bool deploy_failed = false;  // terminal until the next deploy: nothing new is started
};

struct ClusterView {
  TimePoint now{};
  std::vector<NodeView> nodes;
  std::vector<DeploymentTarget> deployments;
  std::vector<ReplicaView> replicas;
};

}  // namespace manta::control
