#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "routing/dispatcher.h"
#include "routing/queue_count.h"

namespace manta::routing {

// The deployments that one loop sends to: one Dispatcher each, made when it is asked for and kept in step with
// snapshots; of what is never asked for only the addresses are kept, no connection is made. One that snapshots no
// longer name leaves, with its metrics, once nobody holds it. Loop-confined. Feed it from a Subscription:
// `subscription.on_snapshot([&](const auto& s) { dispatchers.update(s); })`.
class Dispatchers {
 public:
  // `counts` is shared by the loops of the process and outlives this.
  Dispatchers(const RouterEnvironment& environment, QueueCounts& counts, RouterOptions router_options = {},
              DispatchOptions options = {});
  Dispatchers(const Dispatchers&) = delete;
  Dispatchers& operator=(const Dispatchers&) = delete;

  // Made on first use, with the replicas of the last snapshot; if that does not name it, it has none until one does,
  // and requests to it wait. Hold it as long as a task of it lives.
  std::shared_ptr<Dispatcher> at(const std::string& application, const std::string& deployment);

  // A snapshot has come and the last one does not name it.
  bool is_unknown(const std::string& application, const std::string& deployment) const {
    return informed_ && !published_.contains({application, deployment});
  }

  // Another one after each snapshot: until then what was known stays so.
  std::uint64_t version() const { return version_; }

  // What is known of a deployment before the first snapshot.
  void expect(const spec::ReplicaSet& set) { published_.insert_or_assign({set.application, set.deployment}, set); }
  // Deployments that `snapshot` does not name lose their replicas. Those that are the object they were are not looked
  // at.
  void update(const spec::RoutingSnapshot& snapshot);
  // See Router; for those made later as well.
  void use_custom_policies(CustomPolicies policies);

 private:
  using Name = std::pair<std::string, std::string>;  // application, deployment

  NodeZones zones_;  // by the last snapshot
  spec::Shared<std::vector<spec::NodeZone>> published_zones_;
  RouterEnvironment environment_;
  QueueCounts& counts_;
  RouterOptions router_options_;
  DispatchOptions options_;
  CustomPolicies custom_policies_;
  bool informed_ = false;
  std::uint64_t version_ = 0;
  std::map<Name, spec::Shared<spec::ReplicaSet>> published_;  // of the last snapshot
  std::map<Name, std::shared_ptr<Dispatcher>> dispatchers_;
};

}  // namespace manta::routing
