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
#include "control/controlled.h"
#include "control/controller_health.h"
#include "control/deploy_plan.h"
#include "control/deployment_status.h"
#include "control/drain.h"
#include "control/effective_config.h"
#include "control/event_log.h"
#include "control/item_publisher.h"
#include "control/node_compaction.h"
#include "control/reconcile.h"
#include "control/replica_figures.h"
#include "control/replica_link.h"
#include "control/replica_spec.h"
#include "control/revision.h"
#include "control/scaling_state.h"
#include "control/snapshot_publisher.h"
#include "control/state_store.h"
#include "control/traffic_control.h"
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
  std::string controller_socket;             // path, told to programs of this user
  std::string controller_address;            // told to replicas: "unix:/path", "10.0.0.1:8267"
  std::string log_file_path;                 // its own; shown to users
  std::string proxy_location = "EveryNode";  // where proxies run: EveryNode, HeadOnly, Disabled
  spec::HttpOptions http;                    // of the instance; what a configuration file cannot change any more
  PackingOptions packing;                    // whether nodes are filled one after the other
  std::uint64_t seed = 0;                    // of replica ids and jitter
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
  StartPolicyProcess start_policy_host = {};  // none: policies of applications cannot be asked
  // To replicas; none: over a channel to where they listen.
  LinkReplica link = {};
};

// Brings what runs to what was deployed, level-based: each turn looks at everything, decides with pure functions, acts,
// publishes. A turn follows every event (deploy, exit, state of a replica, timer); events between two turns are one
// turn. Loop-confined. Life: begin() adopts what an earlier controller left, then turns until destroyed; replicas
// outlive it.
class Controller {
 public:
  using Replica = ControlledReplica;
  using Deployment = ControlledDeployment;
  using Application = ControlledApplication;

  Controller(ControllerParts parts, ControllerOptions options);
  ~Controller();
  Controller(const Controller&) = delete;
  Controller& operator=(const Controller&) = delete;

  void begin();
  // `done` when the store and what lives have been read: before that a deploy is refused. At once if they have.
  void when_loaded(std::function<void()> done);

  // Replaces the whole target: applications that `config` does not name are deleted. All or nothing: InvalidArgument
  // (or what the description of an artifact failed with) leaves everything as it was. Returns when stored; replicas
  // start afterwards. `by` is for the history, here and below: who asks.
  Task<Result<void>> deploy(spec::InstanceConfig config, std::string by = {});
  // Deploys or replaces this one; the others stay as they are and are not described again. `keeps_code`: from the copy
  // that it runs from, if it has one of the same import path; what stands at the import path by now is not looked at.
  Task<Result<void>> deploy_application(spec::ApplicationConfig application, bool keeps_code, std::string by = {});
  // NotFound for an unknown name.
  Result<void> delete_application(const std::string& name, const std::string& by = {});
  Result<void> delete_all(const std::string& by = {});
  // What deploy() would change, and why; nothing is kept of it.
  Task<Result<DeployPlan>> plan(spec::InstanceConfig config);
  // The last deploys, rollbacks and deletions, the latest first.
  Result<std::vector<Revision>> history() const { return parts_.store.history(); }
  // Deploys again what was deployed as that revision (none: the one before the current), from the copies kept then.
  Result<void> rollback(std::optional<std::int64_t> revision, const std::string& by = {});
  // As deployed, with later deploys of single applications and rollbacks in it.
  const spec::InstanceConfig& config() const { return config_; }
  // Stops every replica, callers before callees, and forgets nothing: the next controller starts them again.
  void stop_all(std::function<void()> done);
  // `done` once no application and no replica is left.
  void when_empty(std::function<void()> done);

  // The external scaler's word. NotFound, InvalidArgument; status 412 unless the application lets one.
  Result<void> scale(const std::string& application, const std::string& deployment, int replicas,
                     const std::string& by = {});
  // Replaces it, or all of the node, first, and stops what is left then; nothing new comes to such a node. Goes on over
  // restarts until it is done, or for a node undone. What is not replaced when `time_left` is over has ended by then;
  // 0: it waits for its replacement. NotFound for an unknown id.
  Result<void> drain_replica(const std::string& id, const std::string& by = {}, Duration time_left = {});
  Result<void> drain_node(const std::string& id, const std::string& by = {}, Duration time_left = {});
  Result<void> undo_drain(const std::string& node, const std::string& by = {});
  std::vector<NodeDrain> nodes() const;
  const std::vector<NodeView>& node_views() const { return nodes_; }
  ControllerHealth health() const;
  // Numbers of replicas of an application that do not come from its configuration, by deployment.
  std::map<std::string, ScaledReplicas> scaled(const std::string& application) const;
  // None: its number of replicas does not follow the load.
  std::optional<AutoscalingDetail> autoscaling_detail(const DeploymentKey& key) const;
  // Reports of processes that call; `caller` is their connection. Unavailable before it knows what to follow.
  Result<void> take_load(Autoscaler::CallerId caller, const spec::LoadReport& report);
  void caller_gone(Autoscaler::CallerId caller);

  spec::InstanceStatus status() const;
  // Empty: there is none on that node any more. `message`: why it is as it is, if there is something to say.
  void set_proxy_status(const std::string& node_id, std::string status, std::string message = {});
  const std::map<std::string, std::string>& proxy_messages() const { return proxy_messages_; }  // by node id
  // Prometheus text: the controller's own figures, statuses, and those of replicas, for a minute after their end too.
  std::string metrics_text();
  SnapshotPublisher& snapshots() { return snapshots_; }
  ItemPublisher& statuses() { return statuses_; }
  const std::map<std::string, Application>& applications() const { return applications_; }
  const std::map<std::string, Replica>& replicas() const { return replicas_; }
  const std::vector<DeadReplica>& dead_replicas() const { return dead_; }
  const ControllerOptions& options() const { return options_; }
  const ArtifactStore& artifacts() const { return parts_.artifacts; }
  std::uint64_t epoch() const { return parts_.store.epoch(); }
  bool adopted() const { return adopted_; }
  EventLog& events() { return events_; }
  TrafficControl& traffic() { return traffic_; }
  const TrafficControl& traffic() const { return traffic_; }

 private:
  // controller.cc: the turn
  void request_turn();
  void turn();
  const ClusterView& view();
  DeploymentFacts facts(const Deployment& deployment) const;
  void carry_out(const Plan& plan);
  void note_scale_downs(const Plan& plan);
  void forget_the_gone();
  void arm_wake(const Plan& plan);

  // controller_events.cc: the event log
  std::string why_stopped(const Replica& replica);
  void note_plan(const Plan& plan);
  void note_running(const Replica& replica);
  void note_end(const Replica& replica, const std::string& how, const std::string& message);
  void note_statuses(const spec::InstanceStatus& status);

  // controller_together.cc: replicas of several deployments in one process
  void add_members(const std::string& host_id, const ApplicationRecord& record);
  static std::vector<MemberSpec> member_specs(const Replica& host, const ApplicationRecord& record);
  void adopt_members(const std::string& host_id, const std::vector<std::string>& ids);
  void connect_members(const Replica& host);
  void stop_members(const Replica& host);
  void forget_members(const Replica& host);
  Replica& owner_of(Replica& replica);
  bool process_runs(const Replica& replica) const;
  void fail_members(const Deployment& host, const std::string& message);
  std::optional<DeploymentTarget> own_processes(const Deployment& deployment) const;
  ReplicaView whole_process(const Replica& host) const;

  // controller_drain.cc
  Result<void> find_node(const std::string& id) const;
  void mark_leaving();
  void note_leaving_nodes(const std::vector<NodeView>& before);
  void note_drained(const Replica& replica);

  // controller_compaction.cc
  bool compact_nodes(const ClusterView& seen);  // true: what leaves is another

  // controller_rollout.cc: what serves while a rollout is under way or has failed
  bool serves_new(const Deployment& deployment) const;
  const spec::NodeSpec& published_node(const Deployment& deployment) const;
  const ApplicationRecord& published_record(const Deployment& deployment) const;
  bool publishes_fallback(const Application& application) const;
  void settle();
  void settle(Deployment& deployment);
  void store_progress();
  void set_progress(Application& application, const DeploymentProgress& progress);
  std::vector<DeploymentProgress> progress_of(const Application& application) const;
  DeploymentProgress progress_of(const Deployment& deployment) const;
  void roll_back_failed();
  void roll_back(Application& application, const Deployment& failed);

  // controller_publish.cc
  void publish();
  spec::ReplicaSet terms(const Deployment& deployment) const;
  std::vector<const Replica*> serving(const Deployment& deployment) const;
  void renew(Deployment& deployment) const;
  spec::ApplicationRoutes routes(const Application& application, bool ready) const;
  bool is_deployed(const std::string& configured_name) const;
  std::vector<spec::Shared<spec::ApplicationRoutes>> all_routes();
  spec::RoutingSnapshot next_snapshot();

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
  void start_failed(Replica& failed, const std::string& message, bool is_final = false);
  void count_failure(Deployment& deployment, const std::string& version, bool start_failure, const std::string& message,
                     bool is_final = false);
  void forgive(Deployment& deployment, const std::string& version);
  Deployment* deployment_of(const DeploymentKey& key);
  std::string new_id(const DeploymentKey& key);

  // controller_settings.cc: without a restart
  static const DeploymentConfig* settings_for(const Deployment& deployment, const std::string& version);
  void update_settings();
  Task<void> tell_settings(std::string id, spec::RunningSettings settings, double limit_s);
  void settings_refused(Replica& replica, const spec::RunningSettings& settings, const Error& error);

  // controller_adopt.cc: after a start
  Task<void> adopt();
  Task<Result<void>> load();
  Task<void> read_nodes();
  void withdraw_lost_starts();
  void take_over(const runtime::ObservedReplica& observed);
  void finish_adoption_if_heard();

  // controller_deploy.cc
  Result<void> may_deploy() const;
  struct Keeps {
    bool others = false;  // applications that the configuration does not name
    bool code = false;    // copies of the code that runs
  };
  Task<Result<void>> deploy_config(spec::InstanceConfig config, Keeps keeps, std::string by);
  std::optional<ArtifactRef> kept_artifact(const spec::ApplicationConfig& config) const;
  Task<Result<ApplicationRecords>> describe_all(spec::InstanceConfig instance, bool keeps_code);
  class Announcement;
  DeployedState deployed() const;
  Result<void> apply(DeployedState next, Revision entry);
  DeployPlan plan_of_changes(const ApplicationRecords& next, const std::set<std::string>& kept) const;
  void set_targets(DeployedState state);
  void set_target(Application& application, spec::Shared<ApplicationRecord> given,
                  const std::vector<DeploymentProgress>& progress);
  bool retarget(Deployment& deployment, const ApplicationRecord& record, const spec::NodeSpec& node);
  void sweep_artifacts();

  // controller_autoscale.cc: numbers of replicas that follow the load
  std::vector<DeploymentKey> follow_load();
  void autoscale();
  bool look_at(const std::set<DeploymentKey>& keys);
  bool look(Deployment& deployment, const std::vector<std::string>& running);
  void look_at_stirred();
  void arm_look();
  void load_changed(const DeploymentKey& key);
  void take_replica_load(const Replica& replica);
  std::map<DeploymentKey, std::vector<std::string>> running_replicas(const std::set<DeploymentKey>& keys) const;
  void note_loads(const DeploymentKey& key, const std::vector<std::string>& running);
  bool carry_out(Deployment& deployment, const AutoscaleDecision& decision);

  // controller_autoscale_policies.cc: policies of the applications' own
  static PolicyUse policy_of(const Application& application, const AutoscalingConfig& config);
  void follow_policies(const std::vector<DeploymentKey>& followed);
  void ask_policies();
  std::set<DeploymentKey> asked_for(const DeploymentKey& subject) const;
  spec::PolicyQuestion policy_question(const DeploymentKey& subject);
  void policy_answered(const DeploymentKey& subject, const Result<spec::PolicyAnswer>& answer);
  void read_policy_memories();
  void save_policy_memories();

  // controller_scale.cc: numbers of replicas that are kept beside the configuration
  void read_scales();
  void note_capacity(const spec::InstanceConfig& next);
  void store_scale(const DeploymentKey& key, std::optional<int> replicas);
  void forget_scales();
  void rescale(Deployment& deployment, int replicas, bool by_autoscaler);
  // Of a deployment that is being given the definition of `target` and `config`, and had that of `before`.
  int replicas_for(const Deployment& deployment, const DeploymentTarget& before, const DeploymentTarget& target,
                   const spec::ApplicationConfig& application, const DeploymentConfig& config);

  ControllerParts parts_;
  ControllerOptions options_;
  std::mt19937_64 random_;
  EventLog events_;
  Drains drains_;
  NodeCompaction compaction_;
  ControllerFigures health_;
  spec::InstanceStatus told_status_;
  TrafficControl traffic_;
  spec::InstanceConfig config_;
  std::map<std::string, Application> applications_;
  std::map<std::string, Replica> replicas_;
  std::vector<NodeView> nodes_;
  ReplicaFigures figures_{parts_.metrics};
  std::vector<DeadReplica> dead_;  // the last ones, oldest first
  std::map<std::string, std::string> proxies_, proxy_messages_;
  SnapshotPublisher snapshots_;
  ItemPublisher statuses_;
  spec::InstanceStatus published_status_;
  ClusterView view_;                    // of the last turn; its memory is used again
  std::set<std::string> announced_;     // names in the configuration that is being described
  std::set<std::string> exited_early_;  // ended while the list of what lives was on its way
  net::ReceiveBudget budget_;
  ScalingState scaling_;
  bool loaded_ = false;
  bool adopted_ = false;
  bool deploying_ = false;
  bool stopping_all_ = false;
  bool turn_requested_ = false;
  std::uint64_t turns_ = 0;
  TimerId wake_ = 0;
  TimerId adoption_limit_ = 0;
  std::vector<std::function<void()>> when_loaded_;
  std::vector<std::function<void()>> empty_;
  TaskScope tasks_;
};

}  // namespace manta::control
