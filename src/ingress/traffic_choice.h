#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace manta::ingress {

// One target of a split.
struct TrafficOption {
  std::uint64_t id = 0;   // traffic_hash() of its name
  double weight = 0;      // 0: it gets nothing
  bool available = true;  // a replica runs, or a request will start one
};

// The same for the same text in every process and every life of the instance.
std::uint64_t traffic_hash(std::string_view text);

// The index of the target that the request of `key` goes to, by weighted rendezvous hashing: over all keys each target
// gets its share of the weights; one key goes to the same target as long as the weights and what is available stay;
// when the weight of one target changes against the others, only keys that it gains or loses move. Targets that are not
// available get nothing, unless none with a weight is. `options` has at least one weight above 0.
std::size_t choose_target(std::span<const TrafficOption> options, std::uint64_t key);

// Whether the request of `random` belongs to that share of all requests.
bool is_sampled(double percent, std::uint64_t random);

}  // namespace manta::ingress
