#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/loop.h"
#include "base/metrics.h"
#include "runtime/backend.h"
#include "runtime/local/bundle_ledger.h"
#include "runtime/local/fd_watch.h"
#include "runtime/local/instance_dir.h"
#include "runtime/local/output_capture.h"
#include "runtime/local/process_limits.h"
#include "runtime/local/spawn.h"

namespace manta::runtime {

// A framework process (controller, proxy) that the agent keeps alive.
struct RoleProcess {
  std::string name;                    // "controller"
  std::vector<std::string> arguments;  // after argv[0]
  std::vector<int> inherited;          // listening descriptors, kept open by the agent for the next life
};

struct AgentOptions {
  InstancePaths paths;
  std::string node_id;
  std::string program = "/proc/self/exe";
  std::string argv0 = "manta";
  std::vector<std::string> environment;  // given to every child, MANTA_INSTANCE included
  std::string token;                     // value of MANTA_INSTANCE
  Resources total;
  std::map<std::string, std::string> labels;
  std::string accelerator_type;
  bool enforce_limits = false;  // replicas run on CPUs of their own, and in memory groups where the system allows it
};

// How long a role that has died `deaths` times in a row waits: not at all the first time, then 100 ms doubling up to 5
// s.
Duration role_restart_delay(int deaths);

// The node agent: parent and reaper of every process of an instance on this machine; a subreaper, so that what its
// children leave behind comes to it. It runs no user code and decides nothing about replicas: a controller asks it to
// start and stop them. Single-threaded (the death signal of its children is bound to its thread); confined to its loop.
class NodeAgent {
 public:
  // Source is a replica id or the name of a role.
  using OnLine = std::function<void(std::string_view source, std::string_view line)>;

  NodeAgent(Loop& loop, Logger& logger, AgentOptions options, OnLine on_line);
  ~NodeAgent();  // kills everything it started, at once
  NodeAgent(const NodeAgent&) = delete;
  NodeAgent& operator=(const NodeAgent&) = delete;

  Result<void> begin();  // subreaper, child signals, guard
  Result<void> start_role(RoleProcess role);

  // See Backend: the same contract, without the way to get here.
  // What a controller asks for after a later one has started something is refused: it is gone, and so is its plan.
  Result<ObservedReplica> start(const ReplicaProcess& process);
  void stop(const std::string& id, double grace_s);
  std::vector<ObservedReplica> list() const;
  // For a process that a replica has started; see BundleLedger.
  Result<ClaimAnswer> claim(const ClaimRequest& request);
  // Prometheus text: processes that run, and how others ended.
  std::string metrics_text();
  NodeInfo node() const;
  void on_exit(std::function<void(const ReplicaExit&)> callback) { on_exit_ = std::move(callback); }
  // A role has ended; `failed`: by itself, with an exit code that is not 0.
  using OnRoleEnd = std::function<void(const std::string& role, bool failed, const std::string& last_output)>;
  void on_role_end(OnRoleEnd callback) { on_role_end_ = std::move(callback); }

  // From now on no role is restarted and no replica is started.
  void begin_shutdown() { shutting_down_ = true; }
  // SIGTERM to a role; `done` when it has ended, at once if it does not run. After `grace_s` it is killed.
  void stop_role(const std::string& name, double grace_s, std::function<void()> done);
  // SIGKILL to a role that does not answer any more; it is restarted like one that died. Nothing if it does not run.
  void kill_role(const std::string& name);
  bool role_runs(const std::string& name) const;
  void when_no_replicas(std::function<void()> done);
  void kill_everything();

 private:
  struct Child {
    pid_t pid = 0;
    std::string name;  // replica id or role
    std::unique_ptr<OutputCapture> output;
    TimerId kill_timer = 0;
    // replicas
    ObservedReplica observed;
    std::string socket_path;
    std::optional<ReplicaExit> exit;  // its process has ended, others of its group have not
    // roles
    RoleProcess role;
    int deaths = 0;
    TimePoint since{};
    std::optional<TimePoint> told_to_end;
    std::function<void()> on_end;
    TimerId restart_timer = 0;
  };

  Result<pid_t> launch(Child& child, const std::string& program, std::vector<std::string> argv,
                       const std::vector<std::pair<std::string, std::string>>& environment, std::vector<int> inherited,
                       ProcessLimits limits = {});
  Result<void> launch_role(Child& child);
  // The replica holds its bundles; returns the note for its environment.
  std::string hold_bundles(const ReplicaProcess& process);
  void begin_limits();
  Result<ProcessLimits> limits_for(const ReplicaProcess& process);
  void release(const std::string& id);
  void reap();
  void replica_ended(std::map<std::string, Child>::iterator child, int status);
  // What a replica held is free, and its end is told, when no process of its group is left: a worker that dies slowly
  // still has its device.
  void forget_when_group_is_gone(const std::string& id, int looks_left);
  void role_ended(Child& child, int status);
  void note_proxy_shutdown(Child& child);
  void restart_role(const std::string& name);
  void signal_child(Child& child, int signal);
  void sweep_orphans();
  void reap_the_killed();

  Loop& loop_;
  Logger& logger_;
  AgentOptions options_;
  OnLine on_line_;
  std::function<void(const ReplicaExit&)> on_exit_;
  OnRoleEnd on_role_end_;
  std::unique_ptr<FdWatch> child_signals_;
  std::map<std::string, Child> replicas_;
  std::map<std::string, Child> roles_;
  std::vector<std::function<void()>> no_replicas_;
  Metrics metrics_;
  BundleLedger ledger_;
  std::optional<CpuSets> cpu_sets_;            // none: limits are not enforced
  std::optional<MemoryGroups> memory_groups_;  // none: nor is memory
  pid_t guard_ = 0;
  bool shutting_down_ = false;
  std::uint64_t next_socket_ = 1;
  std::uint64_t epoch_ = 0;  // of the latest controller that has started something
};

}  // namespace manta::runtime
