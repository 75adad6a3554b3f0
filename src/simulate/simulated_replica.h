#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/task_scope.h"
#include "control/replica_spec.h"
#include "replica/admission.h"
#include "runtime/backend.h"
#include "simulate/connection.h"
#include "simulate/workers.h"
#include "spec/replica_state.h"
#include "spec/settings.h"

namespace manta::simulate {

class Caller;

// What reaches the controller of a replica's states while it is open.
struct StateStream {
  std::function<void(const spec::ReplicaState&)> deliver;
  std::function<void()> broken;
  bool open = true;
  Network::Pipe pipe;
};

// A replica's process, with the admission of real replicas. The rest is a model: it gets ready after a while, works for
// a while on what it admitted, then calls each deployment that its own has a handle to, one after the other, and
// answers. Held by the Cluster while it lives. Loop-confined.
class SimulatedReplica : public std::enable_shared_from_this<SimulatedReplica> {
 public:
  enum class Phase { Starting, Running, StartFailed, Draining, Gone };

  SimulatedReplica(World& world, runtime::ReplicaProcess process, control::ReplicaSpec spec);
  ~SimulatedReplica();

  void start();
  void drain();  // as on SIGTERM: ends when what it has admitted is answered
  void end();    // at once, however it comes: connections break

  // Its end of connections.
  void accept(const std::shared_ptr<Connection>& connection);
  void receive(const std::shared_ptr<Connection>& connection, const AttemptPtr& attempt);
  void disconnected(std::uint64_t connection);
  void cut_connections();

  // For the controller.
  void watch(const std::shared_ptr<StateStream>& stream);
  void answer_health(const Expected<Result<void>>& answer);
  void take_settings(const spec::RunningSettings& settings);

  void slow_down(double factor);
  Phase phase() const { return phase_; }
  const runtime::ReplicaProcess& process() const { return process_; }
  const control::ReplicaSpec& spec() const { return spec_; }
  int ongoing() const { return static_cast<int>(running_.size()); }
  // Lane-seconds: of work, and since it was ready. Then the time since its process began.
  struct Work {
    double busy_s = 0, ready_s = 0;
    double lived_s = 0;
  };
  Work work() const;
  Caller* caller() const { return caller_.get(); }  // of what it has handles to; null: nothing

 private:
  struct Running {
    std::weak_ptr<Connection> connection;
    AttemptPtr attempt;
  };
  void ready();
  void refuse(Connection& connection, const AttemptPtr& attempt, routing::Refusal why);
  void work_on(std::uint64_t run);
  void own_part_done(std::uint64_t run);
  Task<void> call_children(std::uint64_t run, CallId call);
  void answer(std::uint64_t run, const Result<void>& result);
  void places_changed();
  spec::ReplicaState state() const;
  void report();
  void report_load_later();

  World& world_;
  const runtime::ReplicaProcess process_;
  control::ReplicaSpec spec_;
  Phase phase_ = Phase::Starting;
  replica::Admission admission_;
  std::shared_ptr<Workers> workers_;
  std::unique_ptr<Caller> caller_;
  const std::vector<std::string> children_;  // deployments that it has handles to
  std::map<std::uint64_t, std::shared_ptr<Connection>> connections_;
  std::map<std::uint64_t, Running> running_;  // admitted and not yet answered
  std::vector<std::shared_ptr<StateStream>> streams_;
  spec::ReplicaState reported_;
  TimePoint reported_at_{}, ready_at_ = TimePoint::max();
  const TimePoint begun_at_ = world_.loop.now();
  std::uint64_t next_run_ = 1, completed_ = 0;
  double factor_ = 1;
  TimerId start_timer_ = 0, lapse_timer_ = 0, report_timer_ = 0;
  TaskScope tasks_;
};

}  // namespace manta::simulate
