#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/loop.h"
#include "net/channel.h"
#include "net/item_stream.h"
#include "runtime/backend.h"
#include "runtime/ray/wakeup.h"

namespace manta::runtime {

// Replicas on this machine, by way of the node agent's socket. The agent outlives every controller: a broken connection
// is made anew at the next call. The agent makes one process after the other: starts wait here for their turn, so that
// the time limit of each is its own, however many come at once. Loop-confined.
class LocalBackend final : public Backend {
 public:
  LocalBackend(Loop& loop, Logger& logger, std::string agent_address);
  ~LocalBackend() override;

  Task<Result<ObservedReplica>> start(ReplicaProcess process) override;
  Task<Result<void>> stop(std::string id, double grace_s) override;
  Task<Result<std::vector<ObservedReplica>>> list() override;
  Task<Result<std::vector<NodeInfo>>> nodes() override;
  // Opens the stream of exits.
  void on_exit(std::function<void(ReplicaExit)> callback) override;
  // Has the agent kill a role that does not answer any more ("proxy"); it is started again.
  Task<Result<void>> kill_role(std::string name);
  // Asks the agent to end the instance.
  Task<Result<void>> shut_down_instance();

 private:
  // Starts that the agent has been asked for and has not answered.
  struct Starts {
    int open = 0;
    Wakeup freed;
  };
  class StartPlace;

  Task<Result<std::string>> call(std::string path, std::string body);
  std::shared_ptr<net::Channel> channel();
  void watch();

  Loop& loop_;
  Logger& logger_;
  net::Address address_;
  net::ReceiveBudget budget_;
  std::shared_ptr<net::Channel> channel_;
  std::function<void(ReplicaExit)> on_exit_;
  std::unique_ptr<net::ItemStream> exits_;
  TimerId rewatch_ = 0;
  std::shared_ptr<Starts> starts_ = std::make_shared<Starts>();
};

}  // namespace manta::runtime
