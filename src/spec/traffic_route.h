#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <boost/describe/class.hpp>

#include <manta/traffic_config.h>

namespace manta::spec {

// A target as the proxy sees it, with the weight that is in force.
struct TrafficShare {
  std::string deployment;
  double weight = 0;
  bool wakes = false;  // scaled to zero: it gets its share although it has no replica, and starts one
  bool operator==(const TrafficShare&) const = default;
};
BOOST_DESCRIBE_STRUCT(TrafficShare, (), (deployment, weight, wakes))

// A TrafficRule in force. An empty split: everything goes to the ingress.
struct TrafficRoute {
  std::string route;  // below the route prefix
  std::vector<TrafficShare> split;
  std::string sticky = "none";
  std::optional<TrafficShadow> shadow;
  std::int64_t stage = 0;  // another one whenever the weights change; figures come back with it
  bool operator==(const TrafficRoute&) const = default;
};
BOOST_DESCRIBE_STRUCT(TrafficRoute, (), (route, split, sticky, shadow, stage))

}  // namespace manta::spec
