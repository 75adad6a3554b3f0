#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "control/cluster_view.h"
#include "runtime/backend.h"
#include "simulate/gang_watch.h"
#include "simulate/simulated_replica.h"

namespace manta::simulate {

// Nodes and the processes on them: the backend of a simulated controller. Watches that no node is booked twice.
class Cluster final : public runtime::Backend {
 public:
  explicit Cluster(World& world);

  Task<Result<runtime::ObservedReplica>> start(runtime::ReplicaProcess process) override;
  Task<Result<void>> stop(std::string id, double grace_s) override;
  Task<Result<std::vector<runtime::ObservedReplica>>> list() override;
  Task<Result<std::vector<runtime::NodeInfo>>> nodes() override;
  void on_exit(std::function<void(runtime::ReplicaExit)> callback) override { on_exit_ = std::move(callback); }
  void on_nodes_changed(std::function<void()> callback) override { on_nodes_changed_ = std::move(callback); }
  // Of a controller that has died: nothing is told until the next one asks.
  void forget_controller();
  // Told before a replica is stopped, with its id.
  void on_stop(std::function<void(const std::string&)> callback) { on_stop_ = std::move(callback); }

  // For connections: null if it is gone.
  std::weak_ptr<SimulatedReplica> replica(const std::string& id) const;
  const std::map<std::string, std::shared_ptr<SimulatedReplica>>& replicas() const { return replicas_; }
  bool was_told_to_stop(const std::string& id) const { return stopped_.contains(id); }
  void gone(const SimulatedReplica& replica);  // told by it

  void kill(const std::string& id);
  void kill_all();
  void take_node_away(std::size_t which);
  void give_nodes_back();
  const std::vector<runtime::NodeInfo>& living_nodes() const { return nodes_; }
  bool start_fails();
  bool never_ready() const { return never_ready_; }
  void set_never_ready() { never_ready_ = true; }
  void calm_down() { failing_share_ = 0; }

  // So far; of nodes those with replicas.
  struct Use {
    double replica_s = 0, node_s = 0;
  };
  Use use() const;
  SimulatedReplica::Work work(const control::DeploymentKey& key) const;  // of all its replicas, the ended ones too

 private:
  runtime::ObservedReplica observed(const SimulatedReplica& replica) const;
  void stop_another(const std::string& id);
  bool stops_wrongly(const SimulatedReplica& replica);
  void tell_exit(runtime::ReplicaExit exit);
  void check_node(const std::string& node_id);
  void account();
  std::size_t nodes_in_use() const;

  World& world_;
  GangWatch gangs_{world_};
  Random random_;
  std::vector<runtime::NodeInfo> nodes_, away_;
  std::map<std::string, std::shared_ptr<SimulatedReplica>> replicas_;
  std::map<std::string, runtime::ObservedReplica> observed_;
  std::set<std::string> stopped_, killed_;
  std::map<control::DeploymentKey, SimulatedReplica::Work> ended_work_;
  std::function<void(runtime::ReplicaExit)> on_exit_;
  std::function<void()> on_nodes_changed_;
  std::function<void(const std::string&)> on_stop_;
  Use use_;
  TimePoint accounted_;
  Network::Pipe to_controller_;
  double failing_share_;
  bool never_ready_ = false;
};

}  // namespace manta::simulate
