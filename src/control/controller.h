#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/loop.h"
#include "base/metrics.h"
#include "base/task_scope.h"
#include "control/application_record.h"
#include "control/artifact_store.h"
#include "control/deployment_status.h"
#include "control/item_publisher.h"
#include "control/reconcile.h"
#include "control/replica_figures.h"
#include "control/replica_link.h"
#include "control/replica_spec.h"
#include "control/state_store.h"
#include "runtime/backend.h"
#include "spec/instance_config.h"
#include "spec/replica_set.h"
#include "spec/settings.h"
#include "spec/status.h"

namespace manta::control {

// Prints what an artifact builds, in a process of its own with a time limit: `manta describe`.
using Describe = std::function<Task<Result<std::vector<spec::ApplicationGraph>>>(
    ArtifactRef artifact, std::string args, std::map<std::string, std::string> environment)>;

struct ControllerOptions {
  std::string controller_socket;  // path, told to replicas
  spec::HttpOptions http;         // of the instance; what a configuration file cannot change any more
  std::uint64_t seed = 0;         // of replica ids and jitter
};

// What the controller works with; everything outlives it.
struct ControllerParts {
  Loop& loop;
  Logger& logger;
  Metrics& metrics;
  runtime::Backend& backend;
  StateStore& store;
  ArtifactStore& artifacts;
  Describe describe;
};

// Brings what runs to what was deployed, level-based: each turn looks at everything, decides with pure functions, acts,
// publishes. A turn follows every event (deploy, exit, state of a replica, timer); events between two turns are one
// turn. Loop-confined. Life: begin() adopts what an earlier controller left, then turns until destroyed; replicas
// outlive it.
class Controller {
 public:
  // One replica as the controller knows it.
  struct Replica {
    ReplicaView view;
    runtime::ObservedReplica observed;
    std::unique_ptr<ReplicaLink> link;
    spec::ReplicaState state;
    int health_failures = 0;     // in a row
    bool start_counted = false;  // its start has already been counted as failed
    TimerId start_timer = 0;     // while it starts; once it runs, the pause before its settings are told again
    TimePoint running_since{};
    std::optional<spec::RunningSettings> settings;  // that it runs with; none: found by a restarted controller
    bool is_being_told = false;                     // its new settings
  };
  struct Deployment {
    spec::NodeSpec node;
    DeploymentTarget target;
    Goal goal = Goal::Update;
    bool reached = false;  // has been at its target since the goal was set: what goes wrong now is a recovery
    std::string pending;
    std::string last_failure;
  };
  struct Application {
    ApplicationRecord record;
    std::string openapi;  // the document made from the record
    bool deleting = false;
    std::map<std::string, Deployment> deployments;
  };
  struct DeadReplica {
    std::string id, message;
    DeploymentKey key;
    int pid = 0;
  };

  Controller(ControllerParts parts, ControllerOptions options);
  ~Controller();
  Controller(const Controller&) = delete;
  Controller& operator=(const Controller&) = delete;

  void begin();
  // `done` when the store and what lives have been read: before that a deploy is refused. At once if they have.
  void when_loaded(std::function<void()> done);

  // Replaces the whole target: applications that `config` does not name are deleted. All or nothing: InvalidArgument
  // (or what the description of an artifact failed with) leaves everything as it was. Returns when stored; replicas
  // start afterwards.
  Task<Result<void>> deploy(spec::InstanceConfig config);
  // NotFound for an unknown name.
  Result<void> delete_application(const std::string& name);
  Result<void> delete_all();
  // Stops every replica, callers before callees, and forgets nothing: the next controller starts them again.
  void stop_all(std::function<void()> done);
  // `done` once no application and no replica is left.
  void when_empty(std::function<void()> done);

  spec::InstanceStatus status() const;
  void set_proxy_status(const std::string& node_id, std::string status);
  // Prometheus text: the controller's own figures, statuses, and those of replicas, for a minute after their end too.
  std::string metrics_text();
  ItemPublisher& snapshots() { return snapshots_; }
  ItemPublisher& statuses() { return statuses_; }
  const std::map<std::string, Application>& applications() const { return applications_; }
  const std::map<std::string, Replica>& replicas() const { return replicas_; }
  const std::vector<DeadReplica>& dead_replicas() const { return dead_; }
  const ControllerOptions& options() const { return options_; }
  std::uint64_t epoch() const { return parts_.store.epoch(); }
  bool adopted() const { return adopted_; }

 private:
  // controller.cc: the turn
  void request_turn();
  void turn();
  ClusterView view() const;
  DeploymentFacts facts(const Deployment& deployment) const;
  void carry_out(const Plan& plan);
  void settle();
  void forget_the_gone();
  void arm_wake(const Plan& plan);

  // controller_publish.cc
  void publish();
  bool is_deployed(const std::string& configured_name) const;
  spec::RoutingSnapshot snapshot() const;

  // controller_replicas.cc: one replica
  void add_replica(const StartReplica& start);
  Task<void> start_process(std::string id, runtime::ReplicaProcess process);
  runtime::ReplicaProcess process_of(const Replica& replica, const Deployment& deployment,
                                     const Application& application) const;
  Task<void> stop_process(std::string id, double grace_s);
  void connect(Replica& replica);
  void on_state(const std::string& id, const spec::ReplicaState& state);
  void on_exit(const runtime::ReplicaExit& exit);
  void became_running(Replica& replica);
  void schedule_check(Replica& replica, bool first);
  void on_health(const std::string& id, const Result<void>& result);
  // `is_final`: trying again would not help. A deployment that has served tries all the same.
  void start_failed(Replica& replica, const std::string& message, bool is_final = false);
  void count_failure(Deployment& deployment, bool start_failure, const std::string& message, bool is_final = false);
  Deployment* deployment_of(const DeploymentKey& key);
  std::string new_id(const DeploymentKey& key);

  // controller_settings.cc: without a restart
  void update_settings();
  Task<void> tell_settings(std::string id, spec::RunningSettings settings, double limit_s);
  void settings_refused(Replica& replica, const spec::RunningSettings& settings, const Error& error);

  // controller_adopt.cc: after a start
  Task<void> adopt();
  Task<Result<void>> load();
  void take_over(const runtime::ObservedReplica& observed);
  void finish_adoption_if_heard();

  // controller_deploy.cc
  Task<Result<std::vector<ApplicationRecord>>> describe_all(std::vector<spec::ApplicationConfig> configs);
  class Announcement;
  void set_targets(const std::vector<ApplicationRecord>& records);
  void set_target(const ApplicationRecord& record);
  void sweep_artifacts();

  ControllerParts parts_;
  ControllerOptions options_;
  std::mt19937_64 random_;
  std::map<std::string, Application> applications_;
  std::map<std::string, Replica> replicas_;
  std::vector<NodeView> nodes_;
  ReplicaFigures figures_;
  std::vector<DeadReplica> dead_;  // the last ones, oldest first
  std::map<std::string, std::string> proxies_;
  ItemPublisher snapshots_, statuses_;
  spec::RoutingSnapshot published_;
  std::set<std::string> announced_;     // names in the configuration that is being described
  std::set<std::string> exited_early_;  // ended while the list of what lives was on its way
  net::ReceiveBudget budget_;
  bool loaded_ = false;
  bool adopted_ = false;
  bool deploying_ = false;
  bool stopping_all_ = false;
  bool turn_requested_ = false;
  TimerId wake_ = 0;
  TimerId adoption_limit_ = 0;
  std::vector<std::function<void()>> when_loaded_;
  std::vector<std::function<void()>> empty_;
  TaskScope tasks_;
};

}  // namespace manta::control
