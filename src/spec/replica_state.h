#pragma once

#include <cstdint>
#include <map>
#include <string>

#include <boost/describe/class.hpp>

namespace manta::spec {

// One item of a replica's state stream (POST /-/state, JSON items with the 5-byte prefix): sent at each change and,
// while running, when the load changed: the first change at once, further ones at most every half second (50 ms where
// the number of replicas follows the load).
struct ReplicaState {
  std::string state = "STARTING";  // STARTING, RUNNING, START_FAILED, STOPPING
  std::string message;             // START_FAILED: why, with the name of the class or the node
  bool is_final = false;           // START_FAILED: another try with the same configuration would end the same way
  std::int64_t ongoing = 0;        // requests running here now
  std::int64_t abandoned = 0;      // of these, running though their caller has gone
  std::uint64_t completed = 0;
  int max_ongoing_requests = 0;                          // raised to this so that batches can fill; 0: as configured
  double sent_at_s = 0;                                  // Unix time; 0: sent in answer to the opening of the stream
  std::map<std::string, double> autoscaling_stats = {};  // what record_autoscaling_stats() of the class last returned
  std::map<std::string, std::uint64_t> batches_closed = {};  // by reason, since it started
  bool operator==(const ReplicaState&) const = default;
};
BOOST_DESCRIBE_STRUCT(ReplicaState, (),
                      (state, message, is_final, ongoing, abandoned, completed, max_ongoing_requests, sent_at_s,
                       autoscaling_stats, batches_closed))

}  // namespace manta::spec
