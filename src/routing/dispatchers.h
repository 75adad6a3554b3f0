#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "routing/dispatcher.h"
#include "routing/queue_count.h"

namespace manta::routing {

// All deployments that one loop sends to: one Dispatcher each, kept in step with snapshots. Loop-confined. Feed it from
// a Subscription: `subscription.on_snapshot([&](const auto& s) { dispatchers.update(s); })`.
class Dispatchers {
 public:
  // `counts` is shared by the loops of the process and outlives this.
  Dispatchers(const RouterEnvironment& environment, QueueCounts& counts, RouterOptions router_options = {},
              DispatchOptions options = {});

  // Made on first use; then it has no replicas until a snapshot names it, and requests to it wait. Valid as long as
  // this.
  Dispatcher& at(const std::string& application, const std::string& deployment);
  // Null if no snapshot has named it.
  Dispatcher* find(const std::string& application, const std::string& deployment);

  // Deployments that `snapshot` does not name lose their replicas.
  void update(const spec::RoutingSnapshot& snapshot);

 private:
  struct Entry {
    std::unique_ptr<Dispatcher> dispatcher;
    bool published = false;
  };
  Entry& entry(const std::string& application, const std::string& deployment);

  RouterEnvironment environment_;
  QueueCounts& counts_;
  RouterOptions router_options_;
  DispatchOptions options_;
  std::map<std::pair<std::string, std::string>, Entry> entries_;
};

}  // namespace manta::routing
