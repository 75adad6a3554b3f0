#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <boost/describe/class.hpp>

#include <manta/traffic_config.h>

namespace manta::control {

// A change of weights, for people.
struct TrafficChange {
  double time_s = 0;  // Unix time
  std::string phase, reason;
  std::vector<TrafficTarget> weights;
  bool operator==(const TrafficChange&) const = default;
};
BOOST_DESCRIBE_STRUCT(TrafficChange, (), (time_s, phase, reason, weights))

// The weights of one rule that are in force, and how they came about; kept in the state store.
struct TrafficState {
  std::string application, route;
  std::string rule;  // split and promotion that it began with, as JSON: another rule begins anew
  // configured; promoting -> promoted, rolled_back or held; manual: set by a person
  std::string phase = "configured";
  std::vector<TrafficTarget> weights;
  std::size_t step = 0;                // of a promotion
  double since_s = 0;                  // Unix time of the last change
  std::int64_t stage = 0;              // spec::TrafficRoute::stage
  double others_ms = 0;                // TrafficView::others_ms
  std::vector<TrafficChange> changes;  // the last ones, oldest first
  bool operator==(const TrafficState&) const = default;
};
BOOST_DESCRIBE_STRUCT(TrafficState, (),
                      (application, route, rule, phase, weights, step, since_s, stage, others_ms, changes))

// What a person wants to change: body of POST /api/serve/applications/{application}/traffic.
struct TrafficRequest {
  std::string route;               // empty: the only one that there is
  std::string action = "set";      // set, promote, rollback, restart (of the promotion)
  std::string deployment;          // of promote: default the one that the promotion names
  std::vector<TrafficTarget> set;  // of set; targets not named keep their weight
};
BOOST_DESCRIBE_STRUCT(TrafficRequest, (), (route, action, deployment, set))

// A target for people: figures since the last change of the weights.
struct TrafficTargetDetails {
  std::string deployment;
  double weight = 0;
  std::int64_t requests = 0, errors = 0;
  double latency_ms = 0;  // at the quantile that the promotion looks at, else 0.95
};
BOOST_DESCRIBE_STRUCT(TrafficTargetDetails, (), (deployment, weight, requests, errors, latency_ms))

struct TrafficDetails {
  std::string route, sticky, shadow;  // shadow: its deployment, empty: none
  std::string phase, reason;          // why it is as it is, and what is waited for
  std::size_t step = 0;
  std::vector<double> steps;  // of the promotion
  double since_s = 0;
  std::vector<TrafficTargetDetails> targets;
  std::vector<TrafficChange> changes;
};
BOOST_DESCRIBE_STRUCT(TrafficDetails, (),
                      (route, sticky, shadow, phase, reason, step, steps, since_s, targets, changes))

}  // namespace manta::control
