#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "control/cluster_view.h"
#include "routing/followed_snapshot.h"
#include "routing/retry_rule.h"
#include "routing/router.h"
#include "simulate/caller_connection.h"
#include "spec/load_report.h"
#include "spec/routing_change.h"

namespace manta::simulate {

// A process that sends requests: the proxy, or a replica with handles. It has the routers of a real one and the rule
// by which they send again; what is simulated is the way between them and replicas, and the one to the controller.
// Loop-confined.
class Caller {
 public:
  Caller(World& world, std::string handle, std::string node_id);
  ~Caller();
  Caller(const Caller&) = delete;
  Caller& operator=(const Caller&) = delete;

  // Sends until it is answered or has failed for good. `parent`: the call on whose behalf it is made.
  Task<Result<void>> call(control::DeploymentKey key, CallTerms terms, CallId parent = Ledger::kNone);

  // From the controller.
  void take(const spec::RoutingChange& item);

  // The controller that comes next knows nothing of what waits here.
  void controller_lost();
  std::uint64_t id() const { return id_; }
  std::size_t queued(const control::DeploymentKey& key) const;
  // What is not as it should be when nothing is under way and `replicas` of each deployment run; empty: all is.
  std::string unsettled(const std::map<control::DeploymentKey, std::size_t>& replicas) const;

 private:
  struct Destination {
    std::shared_ptr<routing::QueueCount> count;
    std::unique_ptr<routing::Router> router;
    routing::RetryRule retries{routing::DispatchOptions{}};
  };
  Destination& destination(const control::DeploymentKey& key);
  Task<Result<void>> dispatch(control::DeploymentKey key, CallId call, bool may_run_twice);
  Task<AttemptOutcome> attempt(std::string replica_id, int waiting, CallId call, TimePoint deadline);
  TimePoint deadline(const spec::ReplicaSet& set) const;
  std::unique_ptr<routing::ReplicaConnection> connect(const spec::ReplicaAddress& address,
                                                      routing::ReplicaConnection::Events events);
  void settle(routing::Lease& lease, const AttemptOutcome& outcome);
  CallTerms with_bounds(const CallTerms& terms, const spec::ReplicaSet& set) const;

  void report_soon();
  void report();
  void reported(const spec::LoadReport& report, bool arrived);

  World& world_;
  const std::uint64_t id_;
  const std::string handle_, node_id_;
  routing::QueueCounts counts_;
  std::map<control::DeploymentKey, Destination> destinations_;
  // By replica. Shared with the connections, which may outlive this.
  std::shared_ptr<std::multimap<std::string, CallerConnection*>> connections_ =
      std::make_shared<std::multimap<std::string, CallerConnection*>>();
  routing::FollowedSnapshot followed_;
  std::map<control::DeploymentKey, std::int64_t> told_;  // queued requests, to the controller
  TimerId report_timer_ = 0;
  TimePoint reported_at_{};
  bool reporting_ = false;
  std::vector<routing::Lease> kept_;  // by mistake
  Network::Pipe to_controller_;
  std::shared_ptr<Caller*> self_;  // null target once destroyed
};

}  // namespace manta::simulate
