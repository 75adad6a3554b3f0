#pragma once

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/loop.h"
#include "base/metrics.h"
#include "base/task_scope.h"
#include "net/receive_budget.h"
#include "replica/loop_compute.h"
#include "replica/replica_server.h"
#include "routing/dispatcher.h"
#include "sim_servable.h"

namespace manta::sim {

// One process with a few callers and replicas of one deployment over socket pairs, under a virtual clock.
class World {
 public:
  struct Options {
    int callers = 1;
    int replicas = 1;
    int max_ongoing = 2;
    int max_queued = -1;
    std::string policy = "power_of_two";
    AdmissionConfig admission = {};
    CircuitBreakerConfig breaker = {};
  };
  // Whose turn a call takes while it waits.
  struct Rank {
    int priority = 0;
    std::string tenant = {};
    std::string session = {};
  };
  explicit World(const Options& options, std::uint64_t seed);
  ~World();

  // Starts a call; its outcome is counted when it ends. `timeout` zero: no deadline.
  void call(int caller, const std::string& method, Duration duration, Duration timeout, const Rank& rank);
  void call(int caller, const std::string& method, Duration duration, Duration timeout) {
    call(caller, method, duration, timeout, {});
  }
  void cancel_one(std::size_t which);  // one of the calls that are open
  void kill(std::size_t which);        // the peer closes; calls that run there are lost
  void drain(std::size_t which);       // a graceful end
  void start_replica();                // and publishes the new set
  void publish();

  void poll() { loop.poll(); }
  void advance(Duration by);
  // Lets everything end: true if it did within an hour of virtual time.
  bool settle();
  // What is not back to where it began, or was not a legal end of a call; empty: all is well.
  std::string faults() const;

  const std::vector<int>& answered_by_caller() const { return answered_; }
  std::size_t replicas() const { return replicas_.size(); }
  std::size_t open_calls() const { return open_.size(); }

  VirtualClock clock;
  Loop loop{clock};

 private:
  struct Replica {
    spec::ReplicaAddress address;
    std::unique_ptr<replica::LoopCompute> compute;
    std::unique_ptr<replica::ReplicaServer> server;
    bool draining = false;
  };
  struct Call {
    int number = 0;
    std::string method;
    TimePoint deadline = TimePoint::max();
    TaskScope::Id task = 0;
    bool ended = false;
  };
  std::unique_ptr<net::Channel> connect(const spec::ReplicaAddress& address);
  Task<void> run(int caller, std::shared_ptr<Call> call, routing::Outbound outbound);
  void ended(Call& call, const Result<std::string>& outcome);
  std::string illegal(const Call& call, const Result<std::string>& outcome) const;
  void fault(const std::string& text) { faults_ += text + "\n"; }
  void erase(const std::string& id);

  bool queue_is_bounded() const { return options_.max_queued >= 0 || options_.admission != AdmissionConfig{}; }

  const Options options_;
  Metrics metrics_;
  Logger logger_;
  net::ReceiveBudget budget_;
  Executions executions_;
  std::vector<std::unique_ptr<Replica>> replicas_;
  std::vector<std::shared_ptr<routing::QueueCount>> counts_;
  std::vector<std::unique_ptr<routing::Dispatcher>> callers_;
  std::vector<std::shared_ptr<Call>> open_;
  TaskScope tasks_{loop};
  std::vector<int> answered_;
  std::string faults_;
  int next_call_ = 1;
  int next_replica_ = 1;
  int kills_ = 0;
  int started_ = 0, finished_ = 0;
};

// Open descriptors of this process.
std::size_t open_descriptors();

}  // namespace manta::sim
