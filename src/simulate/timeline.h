#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include <boost/describe/class.hpp>

#include "base/clock.h"

namespace manta::simulate {

// One deployment in one stretch of time; numbers of replicas and of waiting requests are those at its end.
struct TimelineRow {
  double time_s = 0;
  std::string application, deployment;
  int wanted = 0, running = 0;
  std::size_t queued = 0;
  double requests_per_s = 0;  // answered; the whole application's, below too
  std::size_t failed = 0;
  double p50_ms = 0, p99_ms = 0;
  double utilisation = 0;  // share of the time that its running replicas worked, 0 to 1
  // From here on of the stretch: what its replicas took of time, also of the nodes' (shared by the replicas on them
  // all), and what that costs for each million of the application's requests; 0 without a price, or without an answer.
  std::size_t answered = 0;
  double replica_hours = 0, node_hours = 0;
  double cost_per_million = 0;
};
BOOST_DESCRIBE_STRUCT(TimelineRow, (),
                      (time_s, application, deployment, wanted, running, queued, requests_per_s, failed, p50_ms, p99_ms,
                       utilisation, answered, replica_hours, node_hours, cost_per_million))

// The value below which so many of `sorted` lie; 0 of nothing.
double percentile(const std::vector<double>& sorted, double share);

// The whole run in numbers.
struct Summary {
  double duration_s = 0;
  std::size_t requests = 0, answered = 0, failed = 0;
  std::map<std::string, std::size_t> failures;  // by code
  double p50_ms = 0, p90_ms = 0, p99_ms = 0, max_ms = 0;
  double replica_hours = 0, node_hours = 0;
  double utilisation = 0;
  double cost = 0, cost_per_million = 0;  // 0 without a price
  double ready_after_s = 0;               // from the deploy until everything ran
  std::vector<std::string> findings;      // invariants that did not hold
};
BOOST_DESCRIBE_STRUCT(Summary, (),
                      (duration_s, requests, answered, failed, failures, p50_ms, p90_ms, p99_ms, max_ms, replica_hours,
                       node_hours, utilisation, cost, cost_per_million, ready_after_s, findings))

struct Report {
  std::vector<TimelineRow> timeline;
  Summary summary;
};
BOOST_DESCRIBE_STRUCT(Report, (), (timeline, summary))

}  // namespace manta::simulate
