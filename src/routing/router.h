#pragma once

#include <memory>
#include <optional>
#include <string>

#include <manta/error.h>
#include <manta/task.h>

#include "base/log.h"
#include "base/loop.h"
#include "base/metrics.h"
#include "routing/lease.h"
#include "routing/node_zones.h"
#include "routing/queue_count.h"
#include "routing/replica_connection.h"
#include "routing/request_info.h"
#include "spec/replica_set.h"

namespace manta::routing {

class RouterCore;

struct RouterOptions {
  // Longest wait for any replica by a request without a deadline; none: as long as its caller waits.
  std::optional<Duration> replica_wait;
  Duration grant_life = std::chrono::milliseconds(10);
  Duration first_reconnect = std::chrono::milliseconds(10);  // doubles
  Duration max_reconnect = std::chrono::seconds(1);
};

// What a Router works with; all of it outlives the Router.
struct RouterEnvironment {
  Loop& loop;
  Metrics& metrics;
  Logger& logger;
  ConnectReplica connect;
  std::uint64_t seed = 0;                 // of the policy's random choices
  std::string handle;                     // metrics label: "proxy", or the deployment that holds the handle
  std::string node_id = {};               // where this process runs, for locality_first
  const NodeZones* zones = nullptr;       // of all nodes; outlives the router; null: none is known
  std::string handle_source = "UNKNOWN";  // metrics label: PROXY, REPLICA, or UNKNOWN of a client program
  // In the place of one over `connect`, where it makes one.
  MakeConnection make_connection = {};
};

// Chooses a replica for each request to one deployment and holds the request while all of them are busy.
// One Router per (loop, deployment); those of a process share one atomic queue count. Loop-confined.
class Router {
 public:
  Router(const RouterEnvironment& environment, std::string application, std::string deployment,
         std::shared_ptr<QueueCount> queued, RouterOptions options = {});
  ~Router();  // waiting requests fail with Unavailable, later on the loop
  Router(const Router&) = delete;
  Router& operator=(const Router&) = delete;

  // Whether a request that has just come may ask at all: Overloaded with status 429 beyond the limits of the rate,
  // InvalidArgument if its own policy is not known or the deployment runs in the proxies. Once for each request.
  std::optional<Error> admit(const RequestInfo& request);
  // Waits for a free place on a replica, in the order of WaitQueue. The place is taken when this returns and freed by
  // ~Lease. Fails with Overloaded when a bound of the queue is reached (max_queued_requests, max_queued_bytes,
  // max_queue_age_s) or a request that goes before it took its place there, Unavailable if no replica appears within
  // replica_wait, DeadlineExceeded at request.deadline, or at once if that is hopeless (DrainRate), NotFound if
  // request.avoid names every replica. Destroying the awaiting task removes it from the queue.
  Task<Result<Lease>> acquire(RequestInfo request);
  // The same without waiting: a free place if nobody is ahead, else an empty Lease. `now`: for who has it at hand.
  Lease try_acquire(const RequestInfo& request) { return try_acquire(request, now()); }
  Lease try_acquire(const RequestInfo& request, TimePoint now);
  // The age to give to a request that asks for the first time.
  std::uint64_t next_arrival();

  // Replaces the known replicas, the policy and the limits; waiting requests stay, but for the bound of their age.
  // Leases on removed replicas stay valid until released: those replicas are draining.
  void update(const spec::ReplicaSet& set);
  const spec::ReplicaSet& replica_set() const;
  // What "custom:<name>" stands for; before, power_of_two chooses in the place of such a policy.
  void use_custom_policies(CustomPolicies policies);

  std::size_t queued() const;  // here, not in the whole process
  std::size_t in_flight() const;
  std::size_t usable() const;  // replicas that are connected and not draining

 private:
  TimePoint now() const;

  std::shared_ptr<RouterCore> core_;
};

}  // namespace manta::routing
