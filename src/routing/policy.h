#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <vector>

#include <manta/detail/request_context.h>

#include "base/clock.h"

namespace manta::routing {

using Rng = std::mt19937_64;

// A replica stays the same key as long as its router knows it; never reused.
using ReplicaKey = std::uint64_t;

// What a replica has said of itself; not set: nothing.
struct ReplicaTold {
  std::optional<std::vector<std::string>> models;              // ids of the multiplexed models it has loaded, sorted
  std::optional<std::map<std::string, double>> routing_stats;  // of record_routing_stats()
};

// What a caller knows of one replica.
struct ReplicaLoad {
  ReplicaKey key = 0;
  std::int32_t in_flight = 0;  // requests of this router on it
  std::int32_t others = 0;     // requests of everybody else, by the last reply
  std::int32_t max_ongoing = 5;
  std::uint32_t number = 0;           // below the most replicas there have been at a time; given anew when it has gone
  TimePoint reported_at{};            // when `others` was learnt; believed for kReportLife
  std::uint64_t id_hash = 0;          // of the replica's id: the same at every caller
  bool same_node = false;             // as the caller
  bool same_zone = false;             // the same; false where a node's zone is not known
  const ReplicaTold* told = nullptr;  // outlives this; null in tests
};

// Replies are frequent under load; a figure older than this says nothing and must not keep requests away from a
// replica.
inline constexpr Duration kReportLife = std::chrono::seconds(1);

// Requests that probably occupy the replica at `now`.
inline std::int32_t load_at(const ReplicaLoad& replica, TimePoint now) {
  return replica.in_flight + (now - replica.reported_at < kReportLife ? replica.others : 0);
}
inline bool seems_full(const ReplicaLoad& replica, TimePoint now) {
  return load_at(replica, now) >= replica.max_ongoing;
}

// What a decision may depend on.
struct PolicyInput {
  TimePoint now{};
  const RequestContext* request = nullptr;  // session, model id; may be null
  // Every replica of the router, the candidates first; their order changes from call to call.
  std::span<const ReplicaLoad> all = {};
  std::uint64_t membership = 0;  // changes when a replica comes or goes
};

// Picks one of `candidates`, which all may take a request now; nullopt only if there are none. Pure but for the
// policy's own state and `rng`.
using Policy = std::move_only_function<std::optional<std::size_t>(std::span<const ReplicaLoad> candidates,
                                                                  const PolicyInput&, Rng&)>;

// Policies that an application brings along, by name: each makes one from its options (JSON text).
using CustomPolicies = std::map<std::string, std::function<Policy(const std::string&)>>;

}  // namespace manta::routing
