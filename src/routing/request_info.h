#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "routing/policy.h"

namespace manta::routing {

// What a Router needs to know of a request that asks for a replica.
struct RequestInfo {
  TimePoint deadline = TimePoint::max();
  std::shared_ptr<const RequestContext> context;  // for the policy; may be null
  // The request's age: given out by Router::next_arrival() when it first asks and kept through refusals and retries.
  std::uint64_t arrival = 0;
  bool was_sent =
      false;  // it has been queued or sent before: not turned away because the queue is full of younger ones
  std::size_t bytes = 0;          // of its body
  Duration waited{0};             // in queues, before this one
  bool charged = false;           // a turn of its tenant has been spent on it
  std::string policy = {};        // instead of the deployment's; empty: that
  std::vector<ReplicaKey> avoid;  // replicas that cannot serve it (they do not know its method)
};

}  // namespace manta::routing
