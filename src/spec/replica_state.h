#pragma once

#include <cstdint>
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
  double sent_at_s = 0;  // Unix time; 0: sent in answer to the opening of the stream
  bool operator==(const ReplicaState&) const = default;
};
BOOST_DESCRIBE_STRUCT(ReplicaState, (), (state, message, is_final, ongoing, abandoned, completed, sent_at_s))

}  // namespace manta::spec
