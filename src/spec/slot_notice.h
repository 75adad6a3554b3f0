#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <boost/describe/class.hpp>

namespace manta::spec {

// One item of a caller's control stream (POST /-/slots, JSON items with the 5-byte prefix): places granted to this
// connection, that the replica takes no new requests any more, or what it says of itself for routing; what is not set
// has not changed.
struct SlotNotice {
  int grant = 0;
  bool draining = false;
  std::optional<std::vector<std::string>> models = {};              // ids of the multiplexed models it has loaded
  std::optional<std::map<std::string, double>> routing_stats = {};  // what record_routing_stats() last returned
  bool operator==(const SlotNotice&) const = default;
};
BOOST_DESCRIBE_STRUCT(SlotNotice, (), (grant, draining, models, routing_stats))

}  // namespace manta::spec
