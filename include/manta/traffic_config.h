#pragma once

#include <optional>
#include <string>
#include <vector>

#include <boost/describe/class.hpp>

namespace manta {

// One deployment of the application that answers a share of the requests of a route.
struct TrafficTarget {
  std::string deployment;  // by its name in the application; it has the methods that the route reaches
  double weight = 0;       // its share of the sum of all weights; 0 = drained: it gets no new request
  bool operator==(const TrafficTarget&) const = default;
};
BOOST_DESCRIBE_STRUCT(TrafficTarget, (), (deployment, weight))

// A deployment that gets copies of requests, whose answers are thrown away. Clients never wait for it.
struct TrafficShadow {
  std::string deployment;           // not one of the split
  double percent = 100;             // of the requests that are copied
  int max_in_flight = 32;           // copies at once in one proxy; further ones are dropped and counted
  double max_body_bytes = 1 << 20;  // requests with a larger body are not copied
  double timeout_s = 30;            // of one copy, when its request has no shorter deadline
  bool operator==(const TrafficShadow&) const = default;
};
BOOST_DESCRIBE_STRUCT(TrafficShadow, (), (deployment, percent, max_in_flight, max_body_bytes, timeout_s))

// Moves the traffic to one target step by step while it does well, and back when it does not.
struct TrafficPromotion {
  std::string to;                             // a target of the split
  std::vector<double> steps{5, 25, 50, 100};  // its percentages of the traffic, rising
  double hold_s = 60;                         // least time on each step
  int min_requests = 100;                     // answers of `to` on each step before it is judged good or slow
  double max_error_rate = 0.01;               // 5xx among its answers; more than that fails it
  double max_latency_ratio = 1.2;             // its latency over that of the other targets; 0 = not looked at
  double latency_quantile = 0.95;             // which latency is compared
  std::string on_failure = "rollback";        // rollback: it gets nothing more; hold: it stays at its step
  bool operator==(const TrafficPromotion&) const = default;
};
BOOST_DESCRIBE_STRUCT(TrafficPromotion, (),
                      (to, steps, hold_s, min_requests, max_error_rate, max_latency_ratio, latency_quantile,
                       on_failure))

// How the requests of a route are divided among deployments of an application. Requests of no rule go to the ingress.
struct TrafficRule {
  std::string route = "/";              // path below the route prefix, with everything under it; the longest rule wins
  std::vector<TrafficTarget> split;     // empty: everything to the ingress (a shadow alone)
  std::string sticky = "none";          // none, session (x-session-id), tenant (x-tenant-id) or header:<name>
  std::optional<TrafficShadow> shadow;  // copies for a deployment that is watched only
  std::optional<TrafficPromotion> promote;  // weights that change by themselves
  bool operator==(const TrafficRule&) const = default;
};
BOOST_DESCRIBE_STRUCT(TrafficRule, (), (route, split, sticky, shadow, promote))

}  // namespace manta
