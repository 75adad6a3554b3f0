#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace manta::cli {

// Requests answered so far, by application and deployment; application "" is the HTTP door.
using RequestCounts = std::map<std::pair<std::string, std::string>, double>;

// Reads them from a Prometheus page: the replicas' deployment_request_counter, the proxy's num_http_requests.
RequestCounts request_counts(std::string_view page);

struct CostRow {
  std::string application, deployment;  // both empty: the HTTP door
  double requests_per_hour = 0;
  double dollars_per_million = 0;  // 0 while there are no requests
};

// What `dollars_per_hour` for the instance comes to for each million of requests, at the rate between two counts.
// A counter that fell (its replica has ended) counts from zero.
std::vector<CostRow> cost_rows(const RequestCounts& before, const RequestCounts& after, double seconds,
                               double dollars_per_hour);

double dollars_per_million(double requests_per_hour, double dollars_per_hour);

std::string cost_text(const std::vector<CostRow>& rows, double dollars_per_hour);
std::string cost_json(const std::vector<CostRow>& rows, double dollars_per_hour);

}  // namespace manta::cli
