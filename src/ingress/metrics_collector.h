#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <manta/task.h>

#include "base/loop.h"
#include "base/metrics.h"
#include "base/task_scope.h"
#include "ingress/gathering.h"
#include "net/channel.h"
#include "spec/replica_set.h"

namespace manta::ingress {

// Gathers the figures of a whole instance for one scrape: the proxy's own and what every replica, the controller and
// the agent answer to GET /-/metrics within `kLimit`. Who does not answer in time is shown with its last figures; a
// replica that is gone is not shown. Loop-confined.
class MetricsCollector {
 public:
  static constexpr Duration kLimit = std::chrono::milliseconds(500);

  using Connect = std::function<std::unique_ptr<net::Channel>(const std::string& address)>;  // null: cannot be reached

  // `processes`: addresses of controller and agent.
  MetricsCollector(Loop& loop, const Metrics& own, Connect connect, std::vector<std::string> processes);

  void update(const spec::RoutingSnapshot& snapshot);  // looked at by the next scrape
  // The merged exposition. Destroying the task gives up the scrape, not the calls under way.
  Task<std::string> collect();

 private:
  struct Source {
    std::unique_ptr<net::Channel> channel;
    std::string last;
    bool asked = false;  // a call is under way
    bool gone = false;   // not of the instance any more; forgotten when the call has ended
  };

  Task<void> ask(std::string address, std::shared_ptr<Gathering> gathering);
  Source* find(const std::string& address);
  void catch_up();

  const Metrics& own_;
  Connect connect_;
  std::vector<std::string> processes_;
  std::vector<spec::Shared<spec::ReplicaSet>> deployments_;  // of the last snapshot
  bool is_behind_ = false;                                   // what follows is not of them
  std::map<std::string, Source> sources_;                    // by address
  std::set<std::string, std::less<>> living_;                // ids of replicas
  TaskScope calls_;
};

}  // namespace manta::ingress
