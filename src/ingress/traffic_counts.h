#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <manta/error.h>

#include "base/clock.h"
#include "base/metrics.h"
#include "routing/usual_time.h"
#include "spec/traffic_report.h"
#include "spec/traffic_route.h"

namespace manta::ingress {

// How an answer counts for its target.
enum class TrafficOutcome {
  Good,
  Refused,  // 4xx: the client's doing; an answer all the same
  Error,    // 5xx
  Neutral,  // no room (429, 503), or the client has gone: says nothing about the target
};

// `failure`: none when the deployment has answered itself.
TrafficOutcome traffic_outcome(int status, std::optional<ErrorCode> failure);

// How the targets of one rule answer, in this proxy's metrics and for the next report to the controller. Shared by the
// requests in flight, which may outlive the rule; its series go with the last of them. Loop-confined.
class TrafficCounts {
 public:
  TrafficCounts(Metrics& metrics, const std::string& application, const spec::TrafficRoute& rule);

  // Whether these are the targets of `rule`.
  bool are_of(const spec::TrafficRoute& rule) const;
  // `target`: index in the split.
  void count(std::size_t target, TrafficOutcome outcome, Duration latency);
  // The other targets usually take longer than `given` for a good answer: that the time ran out says nothing about this
  // one.
  bool is_too_short(std::size_t target, Duration given) const;
  // What has been counted since the last call; without targets if nothing has.
  spec::RouteFigures take();
  // Of a report that did not arrive.
  void put_back(const spec::RouteFigures& figures);

  const std::string& application() const { return application_; }
  const std::string& route() const { return route_; }
  std::int64_t stage() const { return stage_; }

 private:
  struct Target {
    std::string deployment;
    CounterMetric all, failed;
    HistogramMetric latency_ms;
    std::int64_t requests = 0, errors = 0;
    spec::TrafficLatency latency = {};
    routing::UsualTime usual = {};
  };

  Metrics series_;
  std::string application_, route_;
  std::int64_t stage_;
  std::vector<Target> targets_;
};

}  // namespace manta::ingress
