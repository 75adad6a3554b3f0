#pragma once

#include <optional>
#include <string>
#include <vector>

#include <boost/describe/class.hpp>

namespace manta {

// What the configuration says of one Batcher, by its name. A value given here wins over what the code says, and may
// change while the replica serves; one that is not given is the code's.
struct BatchingConfig {
  std::optional<int> max_batch_size;           // items of a batch
  std::optional<double> batch_wait_timeout_s;  // longest wait of an item for others
  std::optional<int> max_concurrent_batches;   // batches that run at once; more needs as many compute_threads
  std::optional<double> max_cost;              // sum of the items' costs
  std::optional<std::string> wait;             // fixed: the whole batch_wait_timeout_s; adaptive: see BatchWait
  std::optional<std::vector<double>> buckets;  // bounds of size, ascending; items of one bucket share batches
  bool operator==(const BatchingConfig&) const = default;
};
BOOST_DESCRIBE_STRUCT(BatchingConfig, (),
                      (max_batch_size, batch_wait_timeout_s, max_concurrent_batches, max_cost, wait, buckets))

// Answers that a replica keeps and gives again to equal requests: same method, body, format, model and tenant.
struct ResponseCacheConfig {
  double max_bytes = 64 << 20;       // of keys and answers kept in one replica; the least recently used go first
  double ttl_s = 60;                 // how long an answer is given again; 0 = none is kept, only single_flight acts
  bool single_flight = true;         // equal requests that meet run once, and all get that answer
  std::vector<std::string> methods;  // idempotent ones that do not stream; empty = all such
  bool operator==(const ResponseCacheConfig&) const = default;
};
BOOST_DESCRIBE_STRUCT(ResponseCacheConfig, (), (max_bytes, ttl_s, single_flight, methods))

}  // namespace manta
