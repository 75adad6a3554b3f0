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
#include "routing/queue_count.h"
#include "routing/replica_connection.h"
#include "routing/request_info.h"
#include "spec/replica_set.h"

namespace manta::routing {

class RouterCore;

struct RouterOptions {
  std::string policy = "power_of_two";
  // Longest wait for any replica by a request without a deadline; none: as long as its caller waits.
  std::optional<Duration> replica_wait;
  Duration grant_life = std::chrono::milliseconds(10);
  Duration first_back_off = std::chrono::milliseconds(25);  // of the fallback for grants that do not come; doubles
  Duration max_back_off = std::chrono::milliseconds(500);
  Duration first_reconnect = std::chrono::milliseconds(10);  // doubles
  Duration max_reconnect = std::chrono::seconds(1);
};

// What a Router works with; all of it outlives the Router.
struct RouterEnvironment {
  Loop& loop;
  Metrics& metrics;
  Logger& logger;
  ConnectReplica connect;
  std::uint64_t seed = 0;  // of the policy's random choices
  std::string handle;      // metrics label: "proxy", or the deployment that holds the handle
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

  // Waits for a free place on a replica, first come first served. The place is taken when this returns and freed by
  // ~Lease. Fails with Overloaded at once if max_queued_requests of the set already wait, Unavailable if no replica
  // appears within replica_wait, DeadlineExceeded at request.deadline, NotFound if request.avoid names every replica.
  // Destroying the awaiting task removes it from the queue.
  Task<Result<Lease>> acquire(RequestInfo request);
  // The same without waiting: a free place if nobody is ahead, else an empty Lease.
  Lease try_acquire(const RequestInfo& request);
  // The age to give to a request that asks for the first time.
  std::uint64_t next_arrival();

  // Replaces the known replicas and limits. Leases on removed replicas stay valid until released: those replicas are
  // draining.
  void update(const spec::ReplicaSet& set);
  const spec::ReplicaSet& replica_set() const;

  std::size_t queued() const;  // here, not in the whole process
  std::size_t in_flight() const;
  std::size_t usable() const;  // replicas that are connected and not draining

 private:
  std::shared_ptr<RouterCore> core_;
};

}  // namespace manta::routing
