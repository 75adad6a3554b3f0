#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/loop.h"
#include "runtime/backend.h"
#include "runtime/ray/wakeup.h"

namespace manta::runtime {

// Processes that exist only as entries: control tests and the simulator decide when they end. A start on a node that is
// not there waits until it is stopped, as on a cluster. Loop-confined.
class FakeBackend final : public Backend {
 public:
  explicit FakeBackend(Loop& loop) : loop_(loop) {}

  Task<Result<ObservedReplica>> start(ReplicaProcess process) override;
  Task<Result<void>> stop(std::string id, double grace_s) override;
  Task<Result<std::vector<ObservedReplica>>> list() override;
  Task<Result<std::vector<NodeInfo>>> nodes() override;
  void on_exit(std::function<void(ReplicaExit)> callback) override { on_exit_ = std::move(callback); }
  void on_nodes_changed(std::function<void()> callback) override { on_nodes_changed_ = std::move(callback); }

  std::vector<NodeInfo> nodes_known{{.node_id = "node", .total = {.num_cpus = 8}}};
  // Where each started replica is said to listen; default: "unix:/fake/<id>".
  std::function<std::string(const ReplicaProcess&)> address_of;
  int fail_starts = 0;             // so many of the next starts fail
  bool exits_when_stopped = true;  // stop() ends the process at once, cleanly

  // Nodes join and leave; the processes of those that leave are killed.
  void set_nodes(std::vector<NodeInfo> nodes);
  // Ends a process by a signal, as a crash would.
  void kill(const std::string& id, std::string last_output = {});
  const std::map<std::string, ReplicaProcess>& running() const { return running_; }
  const std::vector<std::string>& stopped() const { return stopped_; }

 private:
  bool knows(const std::string& node_id) const;
  void end(const std::string& id, ReplicaExit exit);

  Loop& loop_;
  std::function<void(ReplicaExit)> on_exit_;
  std::function<void()> on_nodes_changed_;
  std::map<std::string, ReplicaProcess> running_;
  std::map<std::string, ObservedReplica> observed_;
  std::map<std::string, Wakeup> waiting_;  // starts, by id
  std::vector<std::string> stopped_;
  int next_pid_ = 100;
};

}  // namespace manta::runtime
