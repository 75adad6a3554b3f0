#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/loop.h"
#include "net/receive_budget.h"
#include "net/server.h"
#include "runtime/local/agent.h"

namespace manta::runtime {

// Serves a NodeAgent on its socket: the messages of agent_messages.h. Every open /watch stream gets every exit.
// Loop-confined.
class AgentServer {
 public:
  // Takes the listening descriptor. `on_shutdown` is called when a controller asks for the end of the instance.
  AgentServer(Loop& loop, NodeAgent& agent, int listen_fd, std::function<void()> on_shutdown);

 private:
  void handle(net::ExchangePtr exchange);
  void watch(net::ExchangePtr exchange);
  void publish(const ReplicaExit& exit);

  NodeAgent& agent_;
  std::function<void()> on_shutdown_;
  net::ReceiveBudget budget_;
  std::vector<net::ExchangePtr> watchers_;
  net::Server server_;
};

}  // namespace manta::runtime
