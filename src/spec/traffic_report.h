#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe/class.hpp>

#include "spec/traffic_latency.h"

namespace manta::spec {

// Where the controller takes TrafficReports: POST, JSON, on its own socket.
inline constexpr std::string_view kTrafficPath = "/-/traffic";

// How one target has answered. Answers that only say that there is no room count neither way.
struct TargetFigures {
  std::string deployment;
  std::int64_t requests = 0;
  std::int64_t errors = 0;
  std::vector<LatencyBin> latency;  // of answers below 400
  bool operator==(const TargetFigures&) const = default;
};
BOOST_DESCRIBE_STRUCT(TargetFigures, (), (deployment, requests, errors, latency))

struct RouteFigures {
  std::string application, route;
  std::int64_t stage = 0;  // of the weights by which the targets were chosen
  std::vector<TargetFigures> targets;
  bool operator==(const RouteFigures&) const = default;
};
BOOST_DESCRIBE_STRUCT(RouteFigures, (), (application, route, stage, targets))

// What has been answered in one proxy since its last report.
struct TrafficReport {
  std::vector<RouteFigures> routes;
  bool operator==(const TrafficReport&) const = default;
};
BOOST_DESCRIBE_STRUCT(TrafficReport, (), (routes))

}  // namespace manta::spec
